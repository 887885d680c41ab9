//! A blind that takes its time.

use hes_schemas::{Millis, Timestamp};

use super::{Effect, Thing, wish};
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object, rounded},
    product::{Product, Supply},
};

const STEP: Millis = Millis::new(500);
const WAY_A_STEP: f64 = 12.5;

/// A blind that needs four seconds from closed (0 %) to open (100 %), and reports on its way.
#[derive(Debug)]
pub(crate) struct Blind {
    position: f64,
    run: Option<Run>,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    to: f64,
    next: Timestamp,
}

impl Blind {
    /// Makes a blind that is open.
    pub(crate) const fn open() -> Self {
        Self { position: 100.0, run: None }
    }
}

impl Thing for Blind {
    fn product(&self) -> Product {
        let position = Expose::numeric("position", Access::All).unit("%").range(0, 100);
        let state = Expose::choice("state", Access::All, &["OPEN", "CLOSE", "STOP"]);
        Product {
            vendor: "IKEA",
            model: "E1926",
            description: "KADRILJ roller blind",
            model_id: "KADRILJ roller blind",
            supply: Supply::Battery,
            exposes: vec![Expose::kind("cover", [state, position]), Expose::battery(), Expose::link_quality()],
        }
    }

    fn state(&self) -> Object {
        object([
            ("state", if self.position > 0.0 { "OPEN" } else { "CLOSE" }.into()),
            ("position", rounded(self.position, 0)),
            ("battery", 91.into()),
        ])
    }

    fn set(&mut self, now: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        let to = match key {
            "position" => wish::number_within(key, wish, 0.0, 100.0)?,
            _ => match wish::word(key, wish, &["open", "close", "stop"])? {
                "open" => 100.0,
                "close" => 0.0,
                _ => self.position,
            },
        };
        self.run = None;
        if (to - self.position).abs() < f64::EPSILON {
            return Ok(Effect::Reported);
        }
        self.run = Some(Run { to, next: now + STEP });
        Ok(Effect::Quiet)
    }

    fn due(&self) -> Option<Timestamp> {
        self.run.map(|run| run.next)
    }

    fn pass(&mut self, now: Timestamp, _: &mut Chance) -> Option<Object> {
        let run = self.run.take()?;
        let way = run.to - self.position;
        self.position += way.clamp(-WAY_A_STEP, WAY_A_STEP);
        if way.abs() > WAY_A_STEP {
            self.run = Some(Run { next: now + STEP, ..run });
        }
        Some(Object::new())
    }
}
