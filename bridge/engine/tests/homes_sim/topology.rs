//! Which homes know each other.

use crate::chance::Chance;

/// The name of a home, which is its id.
pub(crate) type Name = &'static str;

/// All homes that there can be.
pub(crate) const NAMES: [Name; 7] = ["oak", "elm", "ash", "fir", "bay", "yew", "box"];

/// How homes are tied to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    /// One after the other; with two homes a pair.
    Line,
    /// The last one knows the first one.
    Ring,
    /// Everybody knows everybody.
    Mesh,
}

impl Topology {
    pub(crate) fn any(chance: &mut Chance) -> Self {
        chance.pick(&[Self::Line, Self::Ring, Self::Mesh])
    }

    /// Returns the places of the homes that each link ties together, the lower one first.
    pub(crate) fn links(self, homes: usize) -> Vec<(usize, usize)> {
        let line = (1..homes).map(|place| (place - 1, place));
        match self {
            Self::Line => line.collect(),
            Self::Ring => line.chain((homes > 2).then_some((0, homes - 1))).collect(),
            Self::Mesh => (0..homes).flat_map(|one| (one + 1..homes).map(move |other| (one, other))).collect(),
        }
    }
}

/// Returns the home that has a name.
pub(crate) fn home_named(text: &str) -> Option<Name> {
    NAMES.into_iter().find(|name| *name == text)
}

#[test]
fn every_topology_ties_all_homes_together() {
    for homes in 2..=7 {
        for topology in [Topology::Line, Topology::Ring, Topology::Mesh] {
            let links = topology.links(homes);
            let mut reached = vec![0];
            while let Some((_, next)) = links
                .iter()
                .flat_map(|(one, other)| [(*one, *other), (*other, *one)])
                .find(|(from, to)| reached.contains(from) && !reached.contains(to))
            {
                reached.push(next);
            }
            assert_eq!(reached.len(), homes, "{topology:?} {homes}");
        }
        assert_eq!(Topology::Mesh.links(homes).len(), homes * (homes - 1) / 2);
    }
    assert_eq!(Topology::Ring.links(4), [(0, 1), (1, 2), (2, 3), (0, 3)]);
}
