//! The files of `config/`.

use super::*;

const REFERENCE: &str = include_str!("../../../../config/hes-bridge.toml");

/// Takes the `#` off each line that holds a key; before prose it is followed by a space.
fn uncommented() -> String {
    let is_prose = |line: &&str| line.starts_with("# ") || *line == "#";
    let lines = REFERENCE.lines().filter(|line| !is_prose(line));
    lines.map(|line| line.strip_prefix('#').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_reference_gives_every_key_with_its_default() {
    let mut stated: toml::Table = toml::from_str(&uncommented()).unwrap();
    let cluster = stated.remove("cluster").unwrap().as_array_mut().unwrap().remove(0);
    let alongside = stated.remove("alongside").unwrap();
    let broker = stated.get_mut("broker").unwrap().as_table_mut().unwrap();
    let listener = broker.remove("listener").unwrap().as_array_mut().unwrap().remove(0);
    let keys = Keys::learn();
    let of_section = |section: &str| -> Vec<String> {
        let all = keys.all().into_iter().filter(|key| key.levels()[0] == section);
        all.map(|key| key.name().to_owned()).collect()
    };
    let of_listener = keys.all().into_iter().filter(|key| key.levels()[0] == "broker" && key.id().is_some());
    let of_listener: Vec<String> = of_listener.map(|key| key.name().to_owned()).collect();
    let given = |table: &toml::Value| table.as_table().unwrap().keys().cloned().collect::<Vec<_>>();
    let without_id: Vec<String> = given(&cluster).into_iter().filter(|name| name != "id").collect();
    assert_eq!((without_id, given(&alongside)), (of_section("cluster"), of_section("alongside")));
    assert_eq!(given(&listener), of_listener);

    let broker = stated.get_mut("broker").unwrap().as_table_mut().unwrap();
    assert_eq!(broker.remove("max_session_expiry").unwrap().as_str(), Some("30d"));
    assert_eq!(broker.remove("max_keep_alive").unwrap().as_str(), Some("10m"));
    assert_eq!(stated.remove("name").unwrap().as_str(), Some("Home"));
    assert_eq!(stated.remove("data").unwrap().as_str(), Some("~/.local/share/hes-bridge"));
    let peers = stated.get_mut("peers").unwrap().as_table_mut().unwrap();
    for name in ["url", "user", "password_file", "ca", "certificate", "key"] {
        assert!(peers.remove(name).is_some(), "{name}");
    }
    let mut default = toml::Table::try_from(sheet::Sheet::default()).unwrap();
    default.remove("cluster");
    default.get_mut("broker").unwrap().as_table_mut().unwrap().remove("listener");
    assert_eq!(stated, default);
}

#[test]
fn what_sessions_may_take_is_settled_in_whole_seconds() {
    let limits = |text: &str| load(text, &[]).unwrap().broker.limits;
    let (free, bound) = (limits(""), limits("[broker]\nmax_session_expiry = \"1h\"\nmax_keep_alive = \"90s\"\n"));
    assert_eq!((free.session_expiry, free.keep_alive), (u32::MAX, 0));
    assert_eq!((bound.session_expiry, bound.keep_alive), (3600, 90));
}

#[test]
fn the_reference_and_its_uncommented_lines_are_configurations() {
    assert_eq!(load(REFERENCE, &[]).unwrap().home.as_str(), "home");
    let (folder, options) = written(&uncommented());
    std::fs::write(folder.path().join("broker.password"), "x").unwrap();
    listeners::write_certificate(folder.path(), "broker", 2999);
    for name in ["clients", "authority", "bridge"] {
        listeners::write_certificate(folder.path(), name, 2999);
    }
    let settings = Settings::load(&options, &variables(&[])).unwrap();
    assert_eq!(settings.data, PathBuf::from("/home/anna/.local/share/hes-bridge"));
}

#[test]
fn the_profiles_are_configurations() {
    for text in [
        include_str!("../../../../config/zigbee2mqtt.toml"),
        include_str!("../../../../config/alongside-mosquitto.toml"),
    ] {
        let (folder, options) = written(text);
        std::fs::write(folder.path().join("mosquitto.password"), "x").unwrap();
        assert_eq!(Settings::load(&options, &variables(&[])).unwrap().clusters.len(), 1);
    }
    let (folder, options) = written(include_str!("../../../../config/tls.toml"));
    listeners::write_certificate(folder.path(), "broker", 2999);
    assert_eq!(Settings::load(&options, &variables(&[])).unwrap().broker.listeners.len(), 2);
    let (folder, options) = written(include_str!("../../../../config/two-homes.toml"));
    listeners::write_certificate(folder.path(), "broker", 2999);
    assert_eq!(Settings::load(&options, &variables(&[])).unwrap().home.as_str(), "oak");
}
