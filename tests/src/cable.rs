//! A cable between MQTT clients and a broker, on which every packet can be held back, lost, doubled, overtaken or spoiled.

mod packet;

use std::{
    io::{self, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use self::packet::Framed;
use crate::chance::Chance;

/// How often a pump that is held back looks whether it may go on.
const PAUSE: Duration = Duration::from_millis(5);

/// A way to a broker; clients connect to [`Cable::address`].
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What becomes of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// All pass.
    #[default]
    Whole,
    /// Connections end, and nobody gets a new one.
    Cut,
    /// Connections stay, and nothing passes: what is called half-open.
    Mute,
    /// Nothing passes from the clients to the broker.
    Deaf,
    /// Nothing passes from the broker to the clients.
    Dumb,
    /// One PUBLISH in four comes twice, one in four is overtaken by the next, one in four is late.
    Wild,
    /// One PUBLISH in eight has a bit changed, most likely in its payload.
    Noisy,
}

#[derive(Debug)]
struct Shared {
    broker: Mutex<SocketAddr>,
    mood: Mutex<Mood>,
    open: Mutex<Vec<TcpStream>>,
    chance: Mutex<Chance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToBroker,
    ToClient,
}

impl Cable {
    /// Lays one to a broker; the seed decides what a wild one does.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn new(broker: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared {
            broker: Mutex::new(broker),
            mood: Mutex::default(),
            open: Mutex::default(),
            chance: Mutex::new(Chance::new(seed)),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| own.accept(stream)));
        Self { address, shared }
    }

    /// Returns where clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads to another broker from now on.
    pub fn lead_to(&self, broker: SocketAddr) {
        *lock(&self.shared.broker) = broker;
    }

    /// Treats packets in another way from now on.
    pub fn turn(&self, mood: Mood) {
        *lock(&self.shared.mood) = mood;
        if mood == Mood::Cut {
            lock(&self.shared.open).drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        }
    }
}

impl Shared {
    fn mood(&self) -> Mood {
        *lock(&self.mood)
    }

    fn accept(self: &Arc<Self>, client: TcpStream) {
        if self.mood() == Mood::Cut {
            return;
        }
        // who finds nobody there is told so by the end of the connection
        let Ok(broker) = TcpStream::connect(*lock(&self.broker)) else { return };
        drop(self.join(client, broker));
    }

    fn join(self: &Arc<Self>, client: TcpStream, broker: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        broker.set_nodelay(true)?;
        lock(&self.open).extend([client.try_clone()?, broker.try_clone()?]);
        self.pump(client.try_clone()?, broker.try_clone()?, Way::ToBroker);
        self.pump(broker, client, Way::ToClient);
        Ok(())
    }

    fn pump(self: &Arc<Self>, mut from: TcpStream, mut to: TcpStream, way: Way) {
        let own = Arc::clone(self);
        thread::spawn(move || {
            let mut overtaken = Vec::new();
            while let Ok(packet) = Framed::read(&mut from) {
                own.wait(way);
                if own.pass(packet, &mut to, &mut overtaken).is_err() {
                    break;
                }
            }
            drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
        });
    }

    fn wait(&self, way: Way) {
        let is_held = |mood| match mood {
            Mood::Mute => true,
            Mood::Deaf => way == Way::ToBroker,
            Mood::Dumb => way == Way::ToClient,
            Mood::Whole | Mood::Cut | Mood::Wild | Mood::Noisy => false,
        };
        while is_held(self.mood()) {
            thread::sleep(PAUSE);
        }
    }

    fn pass(&self, mut packet: Framed, to: &mut impl Write, overtaken: &mut Vec<u8>) -> io::Result<()> {
        let mood = if packet.is_publish() { self.mood() } else { Mood::Whole };
        if mood == Mood::Noisy && lock(&self.chance).below(8) == 0 {
            packet.spoil(&mut lock(&self.chance));
        }
        let trouble = if mood == Mood::Wild { lock(&self.chance).below(4) } else { 0 };
        let mut bytes = packet.bytes();
        match trouble {
            1 => bytes.extend(packet.copy()),
            2 if overtaken.is_empty() => {
                *overtaken = bytes;
                return Ok(());
            }
            3 => thread::sleep(PAUSE),
            _ => {}
        }
        bytes.append(overtaken);
        to.write_all(&bytes)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
