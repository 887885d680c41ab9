//! One line for each notification.

use anstyle::AnsiColor;
use hes_schemas::{
    HomeId,
    message::{Cause, EventKind, Notification},
};

use crate::command::{
    render::{Look, clock, tinted, value, visible},
    session::Session,
};

/// Writes a notification as JSON or for people.
pub(super) fn rendered(notification: &Notification, session: &Session, home: &HomeId, look: Look) -> String {
    if session.is_json {
        // messages have texts for keys, so this cannot fail
        return serde_json::to_string(notification).unwrap_or_default();
    }
    for_people(notification, home, look)
}

fn for_people(notification: &Notification, home: &HomeId, look: Look) -> String {
    let time = tinted(&clock(notification.time), AnsiColor::BrightBlack, look);
    let device = &notification.device;
    let device = device.strip_prefix(home.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(device);
    let subject = match &notification.property {
        Some(property) => format!("{device}/{property}"),
        None => device.to_owned(),
    };
    let mut line = format!("{time}  {}  {}", visible(&subject), what(notification, look));
    if let Some(because) = because(notification) {
        line.push_str(&tinted(&format!("  ({because})"), AnsiColor::BrightBlack, look));
    }
    line
}

fn what(notification: &Notification, look: Look) -> String {
    match notification.event {
        EventKind::PropertyChanged | EventKind::DeviceEvent => {
            value(notification.value.as_ref(), notification.unit.as_deref())
        }
        EventKind::DeviceOnline => tinted("online", AnsiColor::Green, look),
        EventKind::DeviceOffline => tinted("offline", AnsiColor::Red, look),
        EventKind::DeviceAdded => tinted("added", AnsiColor::Cyan, look),
        EventKind::DeviceRemoved => tinted("removed", AnsiColor::Magenta, look),
    }
}

/// Says what is worth knowing about the cause: a device that changes by itself is nothing special.
const fn because(notification: &Notification) -> Option<&'static str> {
    if notification.initial {
        return Some("so far");
    }
    match notification.cause {
        Some(Cause::User) => Some("by a user"),
        Some(Cause::Relation) => Some("by a relation"),
        Some(Cause::Device) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use hes_schemas::{Datum, Timestamp};

    use super::*;

    fn notification(event: EventKind, property: Option<&str>, value: Option<Datum>) -> Notification {
        Notification {
            sid: "s1-1".parse().unwrap(),
            seq: 1,
            event,
            device: "oak/zigbee/lamp".to_owned(),
            property: property.map(str::to_owned),
            value,
            unit: None,
            quality: None,
            version: None,
            time: Timestamp::from_millis(1_795_359_600_123),
            cause: None,
            request: None,
            initial: false,
        }
    }

    fn check(notification: &Notification, expect: &str) {
        let home = "oak".parse().unwrap();
        assert_eq!(for_people(notification, &home, Look::default()), expect);
    }

    #[test]
    fn each_notification_is_one_line() {
        let mut changed = notification(EventKind::PropertyChanged, Some("brightness"), Some(Datum::Integer(40)));
        changed.unit = Some("%".into());
        check(&changed, "15:00:00.123Z  zigbee/lamp/brightness  40 %");
        changed.cause = Some(Cause::User);
        check(&changed, "15:00:00.123Z  zigbee/lamp/brightness  40 %  (by a user)");
        changed.initial = true;
        check(&changed, "15:00:00.123Z  zigbee/lamp/brightness  40 %  (so far)");
        let pressed = notification(EventKind::DeviceEvent, Some("action"), Some(Datum::text("single")));
        check(&pressed, "15:00:00.123Z  zigbee/lamp/action  single");
        check(&notification(EventKind::DeviceOffline, None, None), "15:00:00.123Z  zigbee/lamp  offline");
    }

    #[test]
    fn a_device_of_another_home_keeps_its_home() {
        let mut elsewhere = notification(EventKind::DeviceOnline, None, None);
        elsewhere.device = "elm/zigbee/lamp".to_owned();
        check(&elsewhere, "15:00:00.123Z  elm/zigbee/lamp  online");
    }

    #[test]
    fn no_device_breaks_the_line() {
        let text = notification(EventKind::PropertyChanged, Some("text"), Some(Datum::text("a\nb\u{1b}[2J")));
        check(&text, r"15:00:00.123Z  zigbee/lamp/text  a\nb\u{1b}[2J");
    }
}
