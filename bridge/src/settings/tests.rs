//! Settings, told in files and lines.

mod listeners;
mod shipped;

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

const HOME: &str = "/home/anna";

fn variables(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = [("HOME", HOME), ("PATH", "/bin")];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn written(text: &str) -> (TempDir, Overrides) {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("bridge.toml");
    std::fs::write(&config, text).unwrap();
    (folder, Overrides { config: Some(config), ..Overrides::default() })
}

fn load(text: &str, more: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let (folder, options) = written(text);
    let folder = format!("{}/", folder.path().display());
    Settings::load(&options, &variables(more))
        .map_err(|error| error.complaints().iter().map(|line| line.to_string().replace(&folder, "")).collect())
}

/// Holds the complaints about a file, and about variables, against what they should be.
fn check(text: &str, more: &[(&str, &str)], expect: &[&str]) {
    assert_eq!(load(text, more).unwrap_err(), expect, "{text}");
}

#[test]
fn names_key_file_and_line_of_each_mistake() {
    for (text, expect) in [
        (
            "home = \"oak\"\n[broker]\nlisen = []\n",
            "bridge.toml:3: broker.lisen is not a key; did you mean broker.listen?",
        ),
        ("[brokr]\nlisten = []\n", "bridge.toml:1: brokr is not a key; did you mean broker?"),
        ("listen = []\n", "bridge.toml:1: listen is not a key; did you mean broker.listen?"),
        ("\n\ncolour = 1\n", "bridge.toml:3: colour is not a key"),
        ("home = \"Oak\"\n", "bridge.toml:1: home: \"Oak\" is not a home id: 1 to 64 of a-z 0-9 _ -"),
        ("home = 5\n", "bridge.toml:1: home: invalid type: integer `5`, expected a string"),
        ("root = \"a/+\"\n", "bridge.toml:1: root: a topic must not hold + or #"),
        ("broker = 5\n", "bridge.toml:1: broker holds keys: write [broker]"),
        (
            "[broker]\nlisten = [\"1883\"]\n",
            "bridge.toml:2: broker.listen: \"1883\" is not an address with a port, such as \"127.0.0.1:1883\"",
        ),
        (
            "[broker]\nconnect_timeout = 10\n",
            "bridge.toml:2: broker.connect_timeout: invalid value: integer `10`, \
             expected a time from 100ms to 10m in ms, s, m, h, d",
        ),
        (
            "[broker]\nmax_connections = \"many\"\n",
            "bridge.toml:2: broker.max_connections: invalid type: string \"many\", \
             expected a whole number from 1 to 1000000",
        ),
        (
            "[broker]\nrouter = \"mosquitto\"\n",
            "bridge.toml:2: broker.router: \"mosquitto\" is not a router: write \"rumqttd\" or \"direct\"",
        ),
        (
            "[broker]\nanonymous = \"all\"\n",
            "bridge.toml:2: broker.anonymous: \"all\" is not a role: \
             write \"none\", or one of owner, resident, guest, cluster",
        ),
        (
            "[broker]\nlisten = [\"127.0.0.1:1883\", \"0.0.0.0:1883\"]\n",
            "bridge.toml:2: broker.listen: 0.0.0.0:1883 and 127.0.0.1:1883 are in each other's way",
        ),
        (
            "[broker]\nlisten = []\n",
            "bridge.toml:2: broker.listen: nobody could reach the gateway without an address, \
             unless there is an [alongside]",
        ),
        (
            "[log]\nlevel = \"loud\"\n",
            "bridge.toml:2: log.level: unknown variant `loud`, expected one of `error`, `warn`, `info`, `debug`, `trace`",
        ),
        ("[cluster]\nid = \"zigbee\"\n", "bridge.toml:1: cluster: write [[cluster]] and give it an id"),
        ("[[cluster]]\nkind = \"zigbee2mqtt\"\n", "bridge.toml:1: cluster.id is missing"),
        ("\n[[cluster]]\nid = \"zigbee\"\n", "bridge.toml:2: cluster.kind is missing"),
        (
            "[[cluster]]\nid = \"Zigbee\"\nkind = \"zigbee2mqtt\"\n",
            "bridge.toml:2: cluster.id: \"Zigbee\" is not a cluster id: 1 to 64 of a-z 0-9 _ -",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigby\"\n",
            "bridge.toml:3: cluster.kind: unknown variant `zigby`, expected `zigbee2mqtt`",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nbas = \"z\"\n",
            "bridge.toml:4: cluster.bas is not a key; did you mean cluster.base?",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nbase = \"hes/1/zigbee\"\n",
            "bridge.toml:4: cluster.base: hes/1/zigbee is where the interface's own topics are",
        ),
        ("home = \"oak\nname = 1\n", "bridge.toml:1: invalid basic string, expected `\"`"),
        ("home = \"oak\"\nhome = \"elm\"\n", "bridge.toml:2: duplicate key"),
    ] {
        check(text, &[], &[expect]);
    }
}

#[test]
fn names_what_is_wrong_with_another_broker() {
    for (text, expect) in [
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nurl = \"wss://host\"\n",
            "bridge.toml:4: cluster.url: wss:// is not spoken here; use mqtt:// or mqtts://",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nurl = \"mqtt://host\"\nca = \"ca.crt\"\n",
            "bridge.toml:5: cluster.ca is for TLS: there is no url with mqtts://",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nurl = \"mqtts://host\"\nca = \"none.crt\"\n",
            "bridge.toml:5: cluster.ca: none.crt cannot be read: No such file or directory (os error 2)",
        ),
        (
            "[alongside]\nurl = \"mqtts://host\"\nacts_as = \"owner\"\nca = \"bridge.toml\"\n",
            "bridge.toml:4: alongside.ca: bridge.toml holds no certificate that can be read",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nurl = \"mqtt://anna:secret@host\"\n",
            "bridge.toml:4: cluster.url: an address holds no account here: use user and password_file",
        ),
        (
            "[[cluster]]\nid = \"zigbee\"\nkind = \"zigbee2mqtt\"\nuser = \"a\"\npassword_file = \"none\"\nurl = \"mqtt://h\"\n",
            "bridge.toml:5: cluster.password_file: none cannot be read: No such file or directory (os error 2)",
        ),
        ("[alongside]\nurl = \"mqtt://host\"\n", "bridge.toml:1: alongside.acts_as is missing"),
        (
            "[alongside]\nurl = \"mqtt://localhost\"\nacts_as = \"owner\"\n",
            "bridge.toml:2: alongside.url is the built-in broker itself",
        ),
    ] {
        check(text, &[], &[expect]);
    }
}

#[test]
fn names_all_mistakes_at_once() {
    let text = "home = 'Oak'\n[broker]\nlisen = []\nrouter = 'x'\n\n[[cluster]]\nid = 'a'\nkind = 'zigbee2mqtt'\n\n\
                [[cluster]]\nid = 'a'\n\n[alongside]\nurl = 'host'\n";
    let expect = [
        "bridge.toml:1: home: \"Oak\" is not a home id: 1 to 64 of a-z 0-9 _ -",
        "bridge.toml:3: broker.lisen is not a key; did you mean broker.listen?",
        "bridge.toml:4: broker.router: \"x\" is not a router: write \"rumqttd\" or \"direct\"",
        "bridge.toml:10: cluster.kind is missing",
        "bridge.toml:11: cluster.id: a is taken already, on line 7",
        "bridge.toml:13: alongside.acts_as is missing",
        "bridge.toml:14: alongside.url: an address begins with mqtt:// or mqtts://",
        "HES_BROKER_LISTN: there is no such key; did you mean HES_BROKER_LISTEN?",
        "HES_LOG_LEVEL: log.level: unknown variant `x`, expected one of `error`, `warn`, `info`, `debug`, `trace`",
    ];
    let more = [("HES_BROKER_LISTN", "x"), ("HES_LOG_LEVEL", "x"), ("HES_URL", "mqtt://host")];
    check(text, &more, &expect);
    let (_folder, options) = written(text);
    let line = Settings::load(&options, &variables(&more)).unwrap_err().to_string();
    assert!(line.ends_with("(and 8 more: hes-bridge check lists them)") && !line.contains('\n'), "{line}");
}

#[test]
fn says_when_two_clusters_are_in_the_same_place() {
    let text = "[[cluster]]\nid = 'a'\nkind = 'zigbee2mqtt'\n[[cluster]]\nid = 'b'\nkind = 'zigbee2mqtt'\n";
    let expect = "bridge.toml:4: cluster.base: zigbee2mqtt is where the topics of cluster a are";
    check(text, &[], &[expect]);
    assert!(load(&format!("{text}url = 'mqtt://host'\n"), &[]).is_ok(), "on another broker they are not");
}

#[test]
fn remarks_that_nameless_clients_are_let_in_on_this_machine_only() {
    let remarks = |listen: &str| {
        let text = format!("[broker]\nanonymous = 'guest'\nlisten = [{listen}]\n");
        let remarks = load(&text, &[]).unwrap().remarks;
        remarks.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(remarks("'127.0.0.1:1', '[::1]:1'").is_empty());
    let said = remarks("'127.0.0.1:1', '0.0.0.0:2', '192.0.2.7:3'");
    assert_eq!(said.len(), 1);
    assert!(
        said[0].ends_with(
            "bridge.toml:2: broker.anonymous does nothing at 0.0.0.0:2 and 192.0.2.7:3, which is not this machine's \
             alone: clients there need an account (hes-bridge user add NAME --role guest)"
        ),
        "{said:?}"
    );
    assert!(load("[broker]\nlisten = ['0.0.0.0:1']\n", &[]).unwrap().remarks.is_empty());
    let beside = "[broker]\nanonymous = 'guest'\nlisten = []\n[alongside]\nurl = 'mqtt://host'\nacts_as = 'owner'\n";
    let said = load(beside, &[]).unwrap().remarks;
    assert!(
        matches!(said.as_slice(), [only] if only.to_string().contains("bridge.toml:2: broker.anonymous does nothing"))
    );
}

#[test]
fn says_that_a_file_cannot_be_read() {
    let options = Overrides { config: Some("/nowhere/bridge.toml".into()), ..Overrides::default() };
    let error = Settings::load(&options, &variables(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/bridge.toml: the file cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn needs_no_file_at_all() {
    let settings = Settings::load(&Overrides::default(), &variables(&[])).unwrap();
    assert_eq!((settings.home.as_str(), settings.root.as_str()), ("home", "hes/1"));
    assert_eq!(settings.broker.listen, ["127.0.0.1:1883".parse().unwrap()]);
    assert_eq!(settings.data, PathBuf::from("/home/anna/.local/share/hes-bridge"));
    let own = Settings::load(&Overrides::default(), &variables(&[("XDG_DATA_HOME", "/data")])).unwrap();
    assert_eq!(own.data, PathBuf::from("/data/hes-bridge"));
}

#[test]
fn lets_the_command_line_win_over_the_environment_and_that_over_the_file() {
    let text = "home = 'file'\nname = 'File'\ndata = 'data'\n[broker]\nmax_connections = 5\n";
    let (folder, options) = written(text);
    let more =
        [("HES_HOME", "environment"), ("HES_BROKER_LISTEN", "127.0.0.1:1, [::1]:2"), ("HES_NAME", "Environment")];
    let options = Overrides { home: Some("option".into()), ..options };
    let settings = Settings::load(&options, &variables(&more)).unwrap();
    assert_eq!((settings.home.as_str(), settings.name.as_deref()), ("option", Some("Environment")));
    assert_eq!(settings.broker.listen, ["127.0.0.1:1".parse().unwrap(), "[::1]:2".parse().unwrap()]);
    assert_eq!((settings.broker.limits.connections, settings.data), (5, folder.path().join("data")));
    let options = Overrides { listen: vec!["127.0.0.1:0".into()], data: Some("there".into()), ..options };
    let settings = Settings::load(&options, &variables(&more)).unwrap();
    assert_eq!(settings.broker.listen, ["127.0.0.1:0".parse().unwrap()]);
    assert_eq!(settings.data, PathBuf::from("there"));
}

#[test]
fn finds_the_file_by_the_environment() {
    let (_folder, options) = written("home = 'oak'");
    let config = options.config.unwrap();
    let settings =
        Settings::load(&Overrides::default(), &variables(&[("HES_CONFIG", config.to_str().unwrap())])).unwrap();
    assert_eq!(settings.home.as_str(), "oak");
}

#[test]
fn takes_clusters_from_the_file_and_the_environment_together() {
    let text = "[[cluster]]\nid = 'attic-1'\nkind = 'zigbee2mqtt'\nbase = 'attic'\n";
    let more = [
        ("HES_CLUSTER_ATTIC_1_URL", "mqtt://attic"),
        ("HES_CLUSTER_CELLAR_KIND", "zigbee2mqtt"),
        ("HES_CLUSTER_CELLAR_BASE", "cellar"),
    ];
    let clusters = load(text, &more).unwrap().clusters;
    let shown: Vec<String> =
        clusters.iter().map(|cluster| format!("{} {} {:?}", cluster.id, cluster.base, cluster.remote)).collect();
    assert_eq!(shown, ["attic-1 attic Some(mqtt://attic:1883)", "cellar cellar None"]);
    check("", &[("HES_CLUSTER_ATTIC_URL", "mqtt://attic")], &["HES_CLUSTER_ATTIC_URL: cluster.kind is missing"]);
}

#[test]
fn reads_passwords_beside_the_file() {
    let (folder, options) = written(
        "[alongside]\nurl = 'mqtt://host:1884'\nuser = 'gateway'\npassword_file = 'secret'\nacts_as = 'owner'\n",
    );
    std::fs::write(folder.path().join("secret"), "swordfish\nmore\n").unwrap();
    let alongside = Settings::load(&options, &variables(&[])).unwrap().alongside.unwrap();
    assert_eq!(format!("{:?}", alongside.remote), "mqtt://host:1884");
    let login = alongside.remote.way().unwrap().options_v5("id".into()).credentials().unwrap();
    assert_eq!((login.username.as_str(), login.password.as_str()), ("gateway", "swordfish"));
}

#[test]
fn looks_at_the_disk_and_the_accounts_if_it_is_asked_to() {
    let text = "data = 'data'\n[alongside]\nurl = 'mqtt://host'\nacts_as = 'panels'\n[broker]\nlisen = 1\n";
    let (folder, options) = written(text);
    let check = |names: Option<&[&str]>| {
        let names = |_: &Path| Ok(names.map(|names| names.iter().map(|name| UserName::new(name).unwrap()).collect()));
        let error = Settings::check(&options, &variables(&[]), &names).unwrap_err();
        let folder = folder.path().display().to_string();
        error.complaints().iter().map(|line| line.to_string().replace(&folder, "")).collect::<Vec<_>>()
    };
    let unknown = "/bridge.toml:6: broker.lisen is not a key; did you mean broker.listen?";
    assert_eq!(check(None), [unknown]);
    assert_eq!(check(Some(&["panels"])), [unknown]);
    let nobody = "/bridge.toml:4: alongside.acts_as: there is no account panels; make it: hes-bridge user add panels";
    assert_eq!(check(Some(&["owner"])), [nobody, unknown]);
    let spoilt = Settings::check(&options, &variables(&[]), &|_| Err("it is spoilt".to_owned())).unwrap_err();
    assert!(spoilt.complaints()[0].to_string().ends_with("/bridge.toml:1: data: it is spoilt"), "{spoilt}");
    std::fs::write(folder.path().join("data"), "a file").unwrap();
    assert_eq!(check(None), ["/bridge.toml:1: data: /data cannot be written: not a directory", unknown]);
}
