//! What a person is told to try in the simulated house.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

/// Writes lines for a shell, complete with port and credentials, so that they can be pasted as they stand.
///
/// `door` is where the gateway listens, `exe` how the program is called, as [`invocation`] has it.
pub(crate) fn welcome(door: SocketAddr, user: &str, password: &str, exe: &str) -> String {
    let (host, port) = (reachable(door.ip()), door.port());
    let url = match host {
        IpAddr::V4(host) => format!("mqtt://{}:{}@{host}:{port}", encoded(user), encoded(password)),
        IpAddr::V6(host) => format!("mqtt://{}:{}@[{host}]:{port}", encoded(user), encoded(password)),
    };
    let (exe, url, user, password) = (quoted(exe), quoted(&url), quoted(user), quoted(password));
    format!(
        "\
A simulated house is running. Paste one of these into another terminal:

  # what there is
  {exe} devices --url {url}

  # read, and write with an answer
  {exe} get zigbee/lamp/brightness --url {url}
  {exe} set \"Kitchen bulb/on\" true --url {url}

  # watch it live
  mosquitto_sub -h {host} -p {port} -u {user} -P {password} -t 'hes/1/+/+/+/property/#' -v

The garage plug drops off now and then: setting \"Garage plug/on\" then says why it failed. Ctrl-C ends it all.
"
    )
}

/// Returns how the program is called from a directory: relative if it lies below it.
pub(crate) fn invocation(exe: &Path, directory: &Path) -> String {
    let Ok(below) = exe.strip_prefix(directory) else { return exe.display().to_string() };
    let below = below.display().to_string();
    if below.contains(std::path::MAIN_SEPARATOR) { below } else { format!(".{}{below}", std::path::MAIN_SEPARATOR) }
}

/// Returns where a client on this machine reaches what listens everywhere.
const fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V4(_) | IpAddr::V6(_) => host,
    }
}

/// Writes a word so that a shell takes it as it is.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Writes a word so that it may stand in the user part of a URL.
///
/// Source: RFC 3986, 2.1 and 2.3.
fn encoded(word: &str) -> String {
    word.bytes().fold(String::new(), |mut written, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else if write!(written, "%{byte:02X}").is_err() {
            return written;
        }
        written
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(door: &str, password: &str, expect: &[&str]) {
        let text = welcome(door.parse().expect("an address"), "owner", password, "target/release/hes-bridge");
        for line in expect {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }

    #[test]
    fn lines_are_complete() {
        check(
            "127.0.0.1:18830",
            "s3cret",
            &[
                "  target/release/hes-bridge devices --url mqtt://owner:s3cret@127.0.0.1:18830\n",
                "mosquitto_sub -h 127.0.0.1 -p 18830 -u owner -P s3cret -t 'hes/1/+/+/+/property/#' -v\n",
            ],
        );
    }

    #[test]
    fn a_strange_password_is_quoted_and_encoded() {
        check("127.0.0.1:1", "it's @home", &["owner:it%27s%20%40home@127.0.0.1:1\n", r"-P 'it'\''s @home' "]);
    }

    #[test]
    fn a_door_open_to_all_is_reached_on_this_machine() {
        check("0.0.0.0:1883", "x", &["-h 127.0.0.1 -p 1883", "@127.0.0.1:1883"]);
        check("[::]:1883", "x", &["-h ::1 -p 1883", "@[::1]:1883"]);
    }

    #[test]
    fn there_are_three_lines_for_the_program_and_few_in_all() {
        let text = welcome(([127, 0, 0, 1], 1883).into(), "owner", "x", "hes-bridge");
        assert_eq!(text.lines().filter(|line| line.trim_start().starts_with("hes-bridge ")).count(), 3);
        assert!(text.lines().count() <= 15);
    }

    #[test]
    fn the_program_is_called_from_where_one_is() {
        let from = |directory: &str| invocation(Path::new("/src/hes/target/release/hes-bridge"), Path::new(directory));
        assert_eq!(from("/src/hes"), "target/release/hes-bridge");
        assert_eq!(from("/src/hes/target/release"), "./hes-bridge");
        assert_eq!(from("/home/me"), "/src/hes/target/release/hes-bridge");
    }
}
