//! What the owner does about the federations of her homes.

use hes_schemas::message::Answer;

use crate::{
    history::Fact,
    people::{Gives, Question, Stage, consent},
    world::World,
};

impl World {
    /// Takes one step towards a federation of a pair of homes.
    pub(crate) fn join(&mut self, bond: usize) {
        match self.people.bonds[bond].stage {
            Stage::Apart => self.propose(bond),
            Stage::Proposed => self.accept(bond),
            Stage::Proposing | Stage::Joined | Stage::Parting => {}
        }
    }

    fn propose(&mut self, bond: usize) {
        if self.chance.once_in(2) {
            self.people.bonds[bond].homes.reverse();
        }
        let names = self.people.bonds[bond].homes.map(|home| self.name(home));
        for side in [0, 1] {
            self.people.consents += 1;
            let is_nothing = !self.is_open && self.chance.once_in(5);
            let consent = consent(self.people.consents, names[1 - side], self.is_open, &mut self.chance);
            let gives = Gives { consent, is_said: false, stands: false, wavers: false };
            self.people.bonds[bond].gives[side] = (!is_nothing).then_some(gives);
        }
        let body = self.people.bonds[bond].proposal(names);
        if self.ask_about(bond, 0, &body.to_string()) {
            self.people.bonds[bond].stage = Stage::Proposing;
            self.gave(bond, 0);
        }
    }

    fn accept(&mut self, bond: usize) {
        let Some(body) = self.people.bonds[bond].request("accept") else { return };
        self.gave(bond, 1);
        self.ask_about(bond, 1, &body.to_string());
    }

    /// Ends a federation, or what is given in it, on one of its sides.
    pub(crate) fn part(&mut self, bond: usize) {
        if self.people.bonds[bond].stage == Stage::Apart {
            return;
        }
        let side = self.chance.place(2);
        let what = self.chance.pick(&["dissolve", "leave"]);
        let Some(body) = self.people.bonds[bond].request(what) else { return };
        let home = self.people.bonds[bond].homes[side];
        if !self.is_alive(home) {
            return;
        }
        for side in [0, 1] {
            let home = self.people.bonds[bond].homes[side];
            if let Some(gives) = self.people.bonds[bond].gives[side].as_mut().filter(|gives| gives.is_said) {
                gives.wavers = true;
                let consent = gives.consent.id;
                self.note(home, Fact::Wavers { consent });
            }
        }
        self.people.bonds[bond].stage = Stage::Parting;
        self.ask_about(bond, side, &body.to_string());
    }

    /// Takes in an answer about a federation, read in one of its homes.
    pub(crate) fn bond_answered(&mut self, home: usize, bond: usize, answer: &Answer) {
        let before = self.people.bonds[bond].stage;
        self.people.bonds[bond].answered(answer);
        if (before, self.people.bonds[bond].stage) != (Stage::Parting, Stage::Apart) {
            return;
        }
        self.people.bonds[bond].federation = None;
        for side in [0, 1] {
            let giver = self.people.bonds[bond].homes[side];
            let gives = self.people.bonds[bond].gives[side].take().filter(|gives| gives.is_said);
            match gives.map(|gives| gives.consent.id) {
                Some(consent) if giver == home => self.note(giver, Fact::Took { consent }),
                Some(consent) => self.people.ending.push((giver, consent)),
                None => {}
            }
        }
    }

    /// Notes what has ended elsewhere, and is known to have by the home that gave it.
    pub(crate) fn end_elsewhere(&mut self) {
        for (giver, consent) in std::mem::take(&mut self.people.ending) {
            self.note(giver, Fact::Took { consent });
        }
    }

    /// Notes what both sides say that is given.
    pub(crate) fn settle_bonds(&mut self) {
        for bond in 0..self.people.bonds.len() {
            let whole = self.people.bonds[bond].clone();
            if whole.stage != Stage::Joined {
                continue;
            }
            for side in [0, 1] {
                let (giver, taker) = (whole.homes[side], whole.homes[1 - side]);
                let knows = self.homes[taker].foreign.contains(self.name(giver));
                let Some(gives) = &mut self.people.bonds[bond].gives[side] else { continue };
                if knows && gives.is_said && !gives.stands && !gives.wavers {
                    gives.stands = true;
                    let consent = gives.consent.id;
                    self.note(giver, Fact::Stands { consent });
                }
            }
        }
    }

    fn gave(&mut self, bond: usize, side: usize) {
        let home = self.people.bonds[bond].homes[side];
        if let Some(gives) = self.people.bonds[bond].gives[side].as_mut().filter(|gives| !gives.is_said) {
            gives.is_said = true;
            let consent = gives.consent;
            self.note(home, Fact::Gave(consent));
        }
    }

    fn ask_about(&mut self, bond: usize, side: usize, body: &str) -> bool {
        let home = self.people.bonds[bond].homes[side];
        let topic = format!("{}/$req/federate", self.name(home));
        self.ask(home, &topic, body, 8, Question::Bond(bond))
    }
}
