//! A lamp, white or coloured.

use hes_schemas::{Millis, Timestamp};
use serde_json::json;

use super::{
    Effect, Thing,
    colour::{Colour, Way},
    wish,
};
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object, rounded},
    product::{Product, Supply},
};

const BRIGHTEST: f64 = 254.0;
const COOLEST: f64 = 153.0;
const WARMEST: f64 = 454.0;
const PRESETS: [(&str, i32); 4] = [("coolest", 153), ("cool", 250), ("neutral", 370), ("warmest", 454)];
const AFTER_OUTAGE: [&str; 4] = ["off", "on", "toggle", "previous"];
const EFFECTS: [&str; 3] = ["blink", "breathe", "stop_effect"];
const STEP: Millis = Millis::new(500);
const LONGEST_FADE: f64 = 600.0;

/// A lamp that is dimmed, warmed and cooled, and perhaps coloured.
///
/// Dimmed to nothing it is off, and comes back as bright as it was. A `transition` of some seconds moves the brightness in steps of half a second, each reported, as far as the wish.
#[derive(Debug)]
pub(crate) struct Lamp {
    lit: bool,
    brightness: f64,
    /// How bright it was before it was dimmed to nothing.
    before: f64,
    mired: f64,
    colour: Option<Colour>,
    mode: &'static str,
    after_outage: &'static str,
    fade: Option<Fade>,
}

#[derive(Debug)]
struct Fade {
    from: f64,
    to: f64,
    begin: Timestamp,
    seconds: f64,
    next: Timestamp,
}

impl Lamp {
    /// Makes a lamp that is white, warm or cool.
    pub(crate) const fn white() -> Self {
        Self {
            lit: true,
            brightness: 120.0,
            before: 120.0,
            mired: 370.0,
            colour: None,
            mode: "color_temp",
            after_outage: "previous",
            fade: None,
        }
    }

    /// Makes a lamp that has colours as well, and is off.
    pub(crate) fn coloured() -> Self {
        Self {
            lit: false,
            brightness: 200.0,
            before: 200.0,
            colour: Some(Colour::from_hue(30.0, 60.0)),
            ..Self::white()
        }
    }

    fn switch(&mut self, wish: &Object) -> Result<Effect, String> {
        self.lit = match wish::word("state", wish, &["on", "off", "toggle"])? {
            "on" => true,
            "off" => false,
            _ => !self.lit,
        };
        self.fade = None;
        if self.lit && self.brightness <= 0.0 {
            self.brightness = self.before;
        }
        Ok(Effect::Reported)
    }

    fn dim(&mut self, now: Timestamp, wish: &Object) -> Result<Effect, String> {
        let brightness = wish::number_within("brightness", wish, 0.0, 255.0)?.min(BRIGHTEST);
        let seconds = if wish.contains_key("transition") { wish::number("transition", wish)? } else { 0.0 };
        if wish.get("state").and_then(|state| state.as_str()).is_some_and(|word| word.eq_ignore_ascii_case("off")) {
            return Ok(Effect::Quiet);
        }
        let from = if self.lit { self.brightness } else { 1.0 };
        self.lit = brightness > 0.0;
        self.fade = None;
        if self.lit && seconds > 0.0 {
            self.brightness = from;
            let seconds = seconds.min(LONGEST_FADE);
            self.fade = Some(Fade { from, to: brightness, begin: now, seconds, next: now + STEP });
        } else {
            if !self.lit && self.brightness > 0.0 {
                self.before = self.brightness;
            }
            self.brightness = brightness;
        }
        Ok(Effect::Reported)
    }

    fn warm(&mut self, wish: &Object) -> Result<Effect, String> {
        let named = wish.get("color_temp").and_then(|value| value.as_str());
        let preset = PRESETS.iter().find(|(name, _)| Some(*name) == named);
        let mired = preset.map_or_else(|| wish::number("color_temp", wish), |(_, mired)| Ok(f64::from(*mired)))?;
        self.mired = mired.clamp(COOLEST, WARMEST);
        self.mode = "color_temp";
        Ok(Effect::Reported)
    }

    fn paint(&mut self, wish: &Object) -> Result<Effect, String> {
        let Some(colour) = self.colour else { return Err("the lamp has no colours".to_owned()) };
        let (colour, way) = colour.wished(wish)?;
        self.colour = Some(colour);
        self.mode = match way {
            Way::Hs => "hs",
            Way::Xy => "xy",
        };
        Ok(Effect::Reported)
    }
}

impl Thing for Lamp {
    fn product(&self) -> Product {
        let coloured = self.colour.is_some();
        Product {
            vendor: if coloured { "Philips" } else { "IKEA" },
            model: if coloured { "9290012573A" } else { "LED1545G12" },
            description: if coloured { "Hue white and color ambiance E27" } else { "TRADFRI bulb E27, white spectrum" },
            model_id: if coloured { "LCT015" } else { "TRADFRI bulb E27 WS opal 980lm" },
            supply: Supply::Mains,
            exposes: exposes(coloured),
        }
    }

    fn state(&self) -> Object {
        let mut state = object([
            ("state", if self.lit { "ON" } else { "OFF" }.into()),
            ("brightness", rounded(self.brightness, 0)),
            ("color_temp", rounded(self.mired, 0)),
            ("color_mode", self.mode.into()),
            ("power_on_behavior", self.after_outage.into()),
            ("update", json!({"installed_version": 587_757_105, "latest_version": 587_757_105, "state": "idle"})),
        ]);
        state.extend(self.colour.map(|colour| ("color".to_owned(), colour.to_value())));
        state
    }

    fn set(&mut self, now: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        match key {
            "state" => self.switch(wish),
            "brightness" => self.dim(now, wish),
            "color_temp" => self.warm(wish),
            "color" => self.paint(wish),
            "power_on_behavior" => {
                self.after_outage = wish::word(key, wish, &AFTER_OUTAGE)?;
                Ok(Effect::Reported)
            }
            "effect" => wish::word(key, wish, &EFFECTS).map(|_| Effect::Quiet),
            _ => Err(format!("{key} cannot be set")),
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.fade.as_ref().map(|fade| fade.next)
    }

    fn pass(&mut self, now: Timestamp, _: &mut Chance) -> Option<Object> {
        let fade = self.fade.as_mut()?;
        let share = (now.since(fade.begin).to_duration().as_secs_f64() / fade.seconds).min(1.0);
        self.brightness = fade.from + (fade.to - fade.from) * share;
        fade.next = now + STEP;
        if share >= 1.0 {
            self.fade = None;
        }
        Some(Object::new())
    }
}

fn exposes(coloured: bool) -> Vec<Expose> {
    let part = |name: &str| Expose::numeric(name, Access::All);
    let mut features = vec![
        Expose::switch(),
        part("brightness").range(0, 254),
        part("color_temp").unit("mired").range(153, 454).presets(&PRESETS),
    ];
    if coloured {
        features.push(Expose::composite("color_xy", "color", [part("x"), part("y")]));
        features.push(Expose::composite("color_hs", "color", [part("hue"), part("saturation")]));
    }
    vec![
        Expose::kind("light", features),
        Expose::choice("effect", Access::Set, &EFFECTS),
        Expose::choice("power_on_behavior", Access::All, &AFTER_OUTAGE).config(),
        Expose::link_quality(),
    ]
}
