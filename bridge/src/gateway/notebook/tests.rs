use std::sync::mpsc::{Receiver, channel};

use super::*;

/// A store that is told what becomes of what it is given.
struct Disk {
    notebook: Notebook,
    peer: HomeId,
    given: Receiver<(Vec<u64>, Done)>,
    told: Receiver<(u64, bool)>,
    tell: Box<dyn Fn(u64) -> Note>,
}

impl Disk {
    fn new() -> Self {
        let (give, given) = channel();
        let (tell, told) = channel();
        let write = move |records: Vec<Record>, _: Vec<Change>, done: Done| {
            give.send((records.iter().filter_map(number).collect(), done)).unwrap();
        };
        let note = move |number: u64| {
            let tell = tell.clone();
            let done = Box::new(move |is_kept| tell.send((number, is_kept)).unwrap());
            Note { records: vec![Record::Heard(elm(), number)], changes: Vec::new(), done }
        };
        Self { notebook: Notebook::new(Arc::new(write)), peer: elm(), given, told, tell: Box::new(note) }
    }

    fn places<const COUNT: usize>(&self) -> [Place; COUNT] {
        std::array::from_fn(|_| self.notebook.place(&self.peer))
    }

    fn fill(&self, place: &Place, number: u64) {
        self.notebook.fill(place, (self.tell)(number));
    }

    /// Lets the store say of what it was given last whether it is on disk; returns what that was.
    fn answers(&self, is_kept: bool) -> Vec<u64> {
        let (numbers, done) = self.given.try_recv().expect("the store was given something");
        done(is_kept);
        numbers
    }

    fn told(&self) -> Vec<(u64, bool)> {
        self.told.try_iter().collect()
    }
}

fn elm() -> HomeId {
    HomeId::new("elm").unwrap()
}

fn number(record: &Record) -> Option<u64> {
    super::super::sinks::heard(record).map(|(_, number)| number)
}

#[test]
fn what_is_ready_waits_for_what_was_said_before() {
    let disk = Disk::new();
    let [one, two] = disk.places();
    disk.fill(&two, 2);
    assert!(disk.given.try_recv().is_err());
    disk.fill(&one, 1);
    assert_eq!(disk.answers(true), [1, 2]);
    assert_eq!(disk.told(), [(1, true), (2, true)]);
}

#[test]
fn what_is_ready_does_not_wait_for_another_peer() {
    let disk = Disk::new();
    let [_open] = disk.places();
    let other = disk.notebook.place(&HomeId::new("fir").unwrap());
    disk.fill(&other, 10);
    assert_eq!(disk.answers(true), [10]);
}

#[test]
fn nothing_is_given_to_the_store_before_it_has_kept_what_was_said_before() {
    let disk = Disk::new();
    let [one, two, three] = disk.places();
    disk.fill(&one, 1);
    disk.fill(&two, 2);
    disk.fill(&three, 3);
    assert_eq!(disk.answers(true), [1]);
    assert_eq!(disk.answers(true), [2, 3]);
}

#[test]
fn what_the_store_refuses_takes_all_behind_it_along_until_it_is_heard_again() {
    let disk = Disk::new();
    let [one, two, three] = disk.places();
    disk.fill(&one, 1);
    disk.fill(&two, 2);
    assert_eq!(disk.answers(false), [1]);
    disk.fill(&three, 3);
    disk.fill(&disk.places::<1>()[0], 4);
    assert_eq!(disk.told(), [(1, false), (2, false), (3, false), (4, false)]);
    assert!(disk.given.try_recv().is_err());

    assert_eq!(disk.notebook.turn(&disk.peer), Turn::Turned);
    disk.fill(&disk.places::<1>()[0], 1);
    assert_eq!(disk.answers(true), [1]);
    assert_eq!(disk.notebook.turn(&disk.peer), Turn::Whole);
}

#[test]
fn what_was_said_before_it_was_heard_again_comes_too_late() {
    let disk = Disk::new();
    let [one, two] = disk.places();
    disk.fill(&one, 1);
    assert_eq!(disk.answers(false), [1]);
    assert_eq!(disk.notebook.turn(&disk.peer), Turn::Turned);
    let [again] = disk.places();
    disk.fill(&two, 2);
    assert_eq!(disk.told(), [(1, false), (2, false)]);
    disk.fill(&again, 1);
    assert_eq!(disk.answers(true), [1]);
}

#[test]
fn a_place_that_is_left_is_refused_unless_it_is_filled() {
    let disk = Disk::new();
    let [one, two, three] = disk.places();
    disk.fill(&one, 1);
    disk.notebook.leave(&one);
    disk.fill(&three, 3);
    disk.notebook.leave(&two);
    assert_eq!(disk.told(), [(3, false)]);
    assert_eq!(disk.notebook.turn(&disk.peer), Turn::Busy);
    assert_eq!(disk.answers(true), [1]);
    assert_eq!(disk.told(), [(1, true)]);
    assert_eq!(disk.notebook.turn(&disk.peer), Turn::Turned);
}
