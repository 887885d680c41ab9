//! Bytes that mean harm: none may stop the broker or disturb another client.

use crate::stage::{Guest, House, VERSIONS, body, packet, prop, text};

/// A small generator, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap()
    }
}

fn good_packets(version: u8) -> Vec<Vec<u8>> {
    let none = prop(version, &[]);
    let some = prop(version, &[0x01, 1, 0x02, 0, 0, 1, 0, 0x23, 0, 1]);
    vec![
        Guest::new(version, "x").account("anna", "secret").will("w", "x", true).bytes(),
        packet(0x30, &body(&[&text("a/b"), &some, b"payload"])),
        packet(0x33, &body(&[&text("a/b"), &[0, 7], &none, b"payload"])),
        packet(0x82, &body(&[&[0, 1], &none, &text("a/#"), &[1], &text("b"), &[0]])),
        packet(0xa2, &body(&[&[0, 2], &none, &text("a/#")])),
        packet(0x40, &[0, 1]),
        packet(0x62, &[0, 1]),
        packet(0xc0, &[]),
        packet(0xe0, &[]),
    ]
}

fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.roll(3) {
        let at = dice.roll(bytes.len());
        match dice.roll(4) {
            0 => bytes[at] = dice.byte(),
            1 => bytes[at] ^= 1 << dice.roll(8),
            2 => bytes.insert(at, dice.byte()),
            _ => bytes.truncate(at.max(1)),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_spoilt_packets() {
    let house = House::open().await;
    let mut watcher = house.client(5, "watcher").await;
    let mut dice = Dice(4711);
    for round in 0..600 {
        let version = VERSIONS[round % 2];
        let mut client = house.knock().await;
        if round % 3 > 0 {
            client.connect(&Guest::new(version, "spoiler")).await;
        }
        let mut stream = Vec::new();
        for _ in 0..=dice.roll(4) {
            let packets = good_packets(version);
            let mut bytes = packets[dice.roll(packets.len())].clone();
            spoil(&mut bytes, &mut dice);
            stream.extend(bytes);
        }
        client.try_say(&stream).await;
        client.vanish();
    }
    watcher.ping().await;
    watcher.subscribe("well/+", 0).await;
    house.client(4, "other").await.publish(2, "well/x", "fine").await;
    watcher.hears("well/x fine").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_noise() {
    let house = House::open().await;
    let mut dice = Dice(42);
    for round in 0..200 {
        let mut client = house.knock().await;
        if round % 2 == 0 {
            client.connect(&Guest::new(5, "noise")).await;
        }
        let noise: Vec<u8> = (0..dice.roll(400)).map(|_| dice.byte()).collect();
        client.try_say(&noise).await;
        client.vanish();
    }
    house.client(5, "after").await.ping().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_names_of_any_kind() {
    let house = House::open().await;
    let long = "x".repeat(65_535);
    let deep = "/".repeat(200);
    for version in VERSIONS {
        for name in [&long, &deep, "\u{feff}", "\u{ffff}", " "] {
            let mut client = house.knock().await;
            client.connect(&Guest::new(version, name)).await;
            client.say(&packet(0x30, &body(&[&text(name), &prop(version, &[]), b"x"]))).await;
            client.vanish();
        }
        for bytes in [&[0xed, 0xa0, 0x80][..], &[0xff], &[0], &[0xc0, 0x80]] {
            let id = body(&[&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes]);
            let mut client = house.knock().await;
            client.say(&packet(0x10, &body(&[&text("MQTT"), &[version, 2, 0, 0], &prop(version, &[]), &id]))).await;
            while let Some(answer) = client.try_next().await {
                assert_ne!(answer.body[1], 0, "{bytes:?}");
            }
        }
    }
    house.client(5, "after").await.ping().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_wills_that_break_the_rules() {
    let house = House::open().await;
    for version in VERSIONS {
        for (flags, properties, topic) in [
            (0x1e, &[][..], "a"),
            (0x2a, &[], "a"),
            (0x06, &[0x7f, 1], "a"),
            (0x06, &[0x02, 0, 0], "a"),
            (0x06, &[], "a/#"),
            (0x06, &[], ""),
        ] {
            let will = body(&[&prop(version, properties), &text(topic), &text("x")]);
            let connect = body(&[&text("MQTT"), &[version, flags, 0, 0], &prop(version, &[]), &text("a"), &will]);
            let mut client = house.knock().await;
            client.say(&packet(0x10, &connect)).await;
            if let Some(answer) = client.try_next().await {
                let is_lawful = version == 4 && (!properties.is_empty() || topic == "a");
                assert!(is_lawful || answer.body[1] != 0, "{version} {flags:x} {properties:?} {topic}");
            }
        }
    }
    house.client(5, "after").await.ping().await;
}
