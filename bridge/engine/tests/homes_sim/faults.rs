//! What time, power and wires do.

use hes_schemas::Millis;

use crate::{
    network::{Cut, End},
    world::World,
};

impl World {
    pub(crate) fn wait(&mut self) {
        let span = self.chance.span(4_000);
        self.pass(span);
    }

    pub(crate) fn wait_long(&mut self) {
        let span = self.chance.span(60_000);
        self.pass(span);
        if self.chance.once_in(4) {
            // a clock that was behind is set; none ever runs back
            let (home, leap) = (self.any_home(), Millis::new(2_000 + self.chance.below(3_000)));
            let ahead = &mut self.homes[home].ahead;
            *ahead = Millis::new((ahead.get() + leap.get()).min(20_000));
        }
    }

    pub(crate) fn commit_now(&mut self) {
        let home = self.any_home();
        self.commit(home);
    }

    /// Lets a disk be full, or have room again.
    pub(crate) fn fill(&mut self) {
        let home = self.any_home();
        let is_full = &mut self.homes[home].is_disk_full;
        *is_full = !*is_full;
        self.commit(home);
    }

    pub(crate) fn crash(&mut self) {
        let home = self.any_home();
        if self.is_alive(home) {
            self.end(home, false);
        }
    }

    pub(crate) fn stop(&mut self) {
        let home = self.any_home();
        if self.is_alive(home) {
            self.end(home, true);
            self.pass(300);
            self.begin(home, true);
        }
    }

    pub(crate) fn restart(&mut self) {
        if let Some(home) = (0..self.homes.len()).find(|home| !self.is_alive(*home)) {
            self.begin(home, false);
        }
    }

    pub(crate) fn cut_some(&mut self) {
        let link = self.any_link();
        let end = self.chance.pick(&End::BOTH);
        let how = self.chance.pick(&[Cut::Both, Cut::HalfOpen(end), Cut::OneWay(end), Cut::Silent]);
        self.cut(link, how);
    }

    pub(crate) fn part_homes(&mut self) {
        let link = self.any_link();
        self.links[link].is_parted = true;
        self.cut(link, Cut::Both);
    }

    pub(crate) fn heal(&mut self) {
        if let Some(link) = self.links.iter().position(|link| link.is_parted) {
            self.links[link].is_parted = false;
            self.retry(link, 2_000);
        }
    }
}
