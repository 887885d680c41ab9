//! What stands in this house.

use hes_schemas::Timestamp;

use super::{
    device::Device,
    group::Group,
    outage::Outage,
    thing::{Blind, Button, Contact, Lamp, Lock, Motion, Plug, Thermostat, Weather},
};

const LAMP: &str = "0x000b57fffe000001";
const KITCHEN_BULB: &str = "0x0017880100000002";
const GARAGE_PLUG: &str = "0x00158d0000000007";

/// Puts the devices into their places, with names such as people give them: with spaces, slashes, or neither.
pub(crate) fn devices(now: Timestamp) -> Vec<Device> {
    vec![
        Device::new(LAMP, 0x1001, "lamp", Lamp::white()),
        Device::new(KITCHEN_BULB, 0x1002, "Kitchen bulb", Lamp::coloured()),
        Device::new("0x00158d0000000003", 0x1003, "garden/weather", Weather::mild(now)),
        Device::new("0x00158d0000000004", 0x1004, "hall/motion", Motion::still(now)),
        Device::new("0x00158d0000000005", 0x1005, "window", Contact::closed(now)),
        Device::new("0x00158d0000000006", 0x1006, "plug", Plug::feeding(42.0, now)),
        Device::new(GARAGE_PLUG, 0x1007, "Garage plug", Plug::feeding(8.0, now)),
        Device::new("0x000d6f0000000008", 0x1008, "Front door", Lock::locked()),
        Device::new("0x000b57fffe000009", 0x1009, "blind", Blind::open()),
        Device::new("0x00124b000000000a", 0x100a, "thermostat", Thermostat::heating(now)),
        Device::new("0x00124b000000000b", 0x100b, "button", Button::idle(now)),
    ]
}

/// Puts the lamps into one group.
pub(crate) fn groups() -> Vec<Group> {
    vec![Group::new(1, "all_lights", &[LAMP, KITCHEN_BULB])]
}

/// Lets the plug in the garage drop off now and then.
pub(crate) fn outage(now: Timestamp) -> Outage {
    Outage::of(GARAGE_PLUG, now)
}
