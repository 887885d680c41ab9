//! What can be asked of the bridge itself: `bridge/request/...`.

use hes_schemas::{Millis, Timestamp};
use serde_json::{Value, json};

use super::{House, bridge, complaint, device::Device, message::Message};

const LONGEST_NAME: usize = 100;
const JOINING: Millis = Millis::from_secs(2);

/// What a request comes to: the `data` of its response and what is said besides, or why not.
type Outcome = Result<(Value, Vec<Message>), String>;

impl House {
    /// Answers a request; those that a simulated bridge does not know stay unanswered, as unknown ones do.
    ///
    /// Shape: `{"transaction":..}` of the request is in the response.
    pub(super) fn answer(&mut self, now: Timestamp, request: &str, payload: &[u8]) -> Vec<Message> {
        let text = String::from_utf8_lossy(payload);
        let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()));
        let outcome = match request {
            "device/rename" => self.rename(now, &body),
            "device/remove" => self.remove(&body),
            "permit_join" => self.permit_join(now, &body),
            "health_check" => Ok((json!({"healthy": true}), Vec::new())),
            _ => return Vec::new(),
        };
        let (mut response, mut said) = match outcome {
            Ok((data, said)) => (json!({"data": data, "status": "ok"}), said),
            Err(reason) => {
                let complaint = complaint::refused(&format!("bridge/request/{request}"), &reason);
                (json!({"data": {}, "status": "error", "error": reason}), vec![complaint])
            }
        };
        if let (Some(transaction), Some(response)) = (body.get("transaction"), response.as_object_mut()) {
            response.insert("transaction".to_owned(), transaction.clone());
        }
        said.push(Message::passing(&format!("bridge/response/{request}"), &response));
        said
    }

    fn rename(&mut self, now: Timestamp, body: &Value) -> Outcome {
        let (from, to) = (text(body, "from"), text(body, "to"));
        let (Some(from), Some(to)) = (from, to) else { return Err("Invalid payload".to_owned()) };
        check_name(to)?;
        let at = self.find(from)?;
        if self.devices.iter().any(|device| device.is_called(to)) || self.groups.iter().any(|group| group.is_called(to))
        {
            return Err(format!("friendly_name '{to}' is already in use"));
        }
        let Some(device) = self.devices.get_mut(at) else { return Err(absent(from)) };
        let cleared = Message::cleared(&device.availability_path());
        to.clone_into(&mut device.name);
        let mut said = vec![cleared, device.availability(), device.report(now)];
        said.insert(0, bridge::devices(&self.devices));
        Ok((json!({"from": from, "to": to, "homeassistant_rename": false}), said))
    }

    fn remove(&mut self, body: &Value) -> Outcome {
        let Some(id) = text(body, "id").or_else(|| body.as_str()) else { return Err("Invalid payload".to_owned()) };
        let mut device = self.devices.remove(self.find(id)?);
        let mut said = vec![
            event("device_leave", &json!({}), &device),
            Message::cleared(&device.availability_path()),
            Message::cleared(&device.name),
            bridge::devices(&self.devices),
        ];
        for group in &mut self.groups {
            group.forget(&device.ieee);
        }
        said.push(bridge::groups(&self.groups));
        said.extend(self.regroup());
        device.name.clone_from(&device.ieee);
        device.reachable = true;
        self.strangers.push(device);
        Ok((json!({"id": id, "block": false, "force": false}), said))
    }

    fn permit_join(&mut self, now: Timestamp, body: &Value) -> Outcome {
        let seconds = body.get("time").unwrap_or(body).as_u64();
        let Some(seconds) = seconds.filter(|&seconds| seconds <= 254) else { return Err("Invalid payload".to_owned()) };
        if seconds > 0 && !self.strangers.is_empty() {
            self.joining = Some(now + JOINING);
        }
        Ok((json!({"time": seconds}), Vec::new()))
    }

    /// Lets the devices in that have been removed and asked to join again, if it is time.
    pub(super) fn welcome(&mut self, now: Timestamp) -> Vec<Message> {
        if self.joining.is_none_or(|joining| joining > now) {
            return Vec::new();
        }
        self.joining = None;
        let mut said = Vec::new();
        for device in std::mem::take(&mut self.strangers) {
            said.push(event("device_joined", &json!({}), &device));
            said.push(event("device_interview", &json!({"status": "started"}), &device));
            let found = json!({"status": "successful", "supported": true, "definition": device.definition()});
            said.push(event("device_interview", &found, &device));
            said.push(device.availability());
            said.push(device.report(now));
            self.devices.push(device);
        }
        said.push(bridge::devices(&self.devices));
        said
    }

    fn find(&self, name: &str) -> Result<usize, String> {
        self.devices.iter().position(|device| device.is_called(name)).ok_or_else(|| absent(name))
    }
}

/// Tells of something that happened to a device.
pub(super) fn event(kind: &str, data: &Value, device: &Device) -> Message {
    let mut data = data.as_object().cloned().unwrap_or_default();
    data.insert("friendly_name".to_owned(), device.name.clone().into());
    data.insert("ieee_address".to_owned(), device.ieee.clone().into());
    Message::passing("bridge/event", &json!({"type": kind, "data": data}))
}

fn text<'b>(body: &'b Value, key: &str) -> Option<&'b str> {
    body.get(key).and_then(Value::as_str)
}

fn absent(name: &str) -> String {
    format!("Device '{name}' does not exist")
}

/// Refuses names that cannot be part of a topic, or would be taken for an order.
fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("friendly_name must be at least 1 char long".to_owned());
    }
    if name.starts_with('/') || name.ends_with('/') {
        return Err("friendly_name is not allowed to end or start with /".to_owned());
    }
    if name.contains(['+', '#']) {
        return Err(format!("MQTT wildcard (+ and #) not allowed in friendly_name ('{name}')"));
    }
    if name.contains(char::is_control) {
        return Err(format!("friendly_name is not allowed to contain control char ('{}')", name.escape_default()));
    }
    let mut parts = name.split('/');
    if parts.clone().next() == Some("bridge") || parts.any(|part| ["set", "get", "availability"].contains(&part)) {
        return Err(format!("Following friendly_name are not allowed: '{name}'"));
    }
    if name.len() > LONGEST_NAME {
        return Err(format!("friendly_name must not be longer than {LONGEST_NAME} bytes"));
    }
    Ok(())
}
