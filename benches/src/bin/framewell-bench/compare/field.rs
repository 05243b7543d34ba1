//! The field: everybody who takes part, each in a child process.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use framewell_bench::entrant::Entrant;
use framewell_bench::home::HOME;
use framewell_bench::latency::{Disturbance, Latency};
use framewell_bench::remote::{Failure, Remote};
use framewell_bench::rounds::Player;
use framewell_bench::{Kind, cpus, floors};
use serde::Serialize;

use super::figures::Missing;
use super::peers::Built;

/// The command line that starts a child.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(String, String)>,
}

impl Launch {
    /// Returns the launch of an entrant that lives in this program.
    fn home(title: &str) -> std::io::Result<Self> {
        Ok(Self {
            program: env::current_exe()?,
            arguments: vec!["serve".into(), title.into()],
            environment: Vec::new(),
        })
    }

    /// Starts the child, which may use all CPUs that this process may.
    pub(crate) fn start(&self) -> Result<Remote, Failure> {
        cpus::unpin();
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let mut command = Command::new(&self.program);
        let remote = Remote::start(command.args(&self.arguments).envs(environment));
        cpus::pin(0);
        remote
    }
}

/// The role of a participant in the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Framewell,
    Peer,
    Floor,
}

/// A participant with its child process.
pub(crate) struct Seat {
    pub(crate) title: String,
    pub(crate) role: Role,
    /// The version of what it measures, if that is known.
    pub(crate) version: String,
    pub(crate) launch: Launch,
    kinds: Vec<String>,
    remote: Remote,
}

impl Seat {
    pub(crate) fn latency(
        &self,
        disturbance: Disturbance,
        ms: u64,
    ) -> Result<Option<Latency>, Failure> {
        self.remote.latency(&self.title, disturbance, ms)
    }

    pub(crate) fn takes(&self, kind: Kind) -> bool {
        self.kinds.iter().any(|name| name == kind.name())
    }
}

/// All participants: framewell, the peers and the floors.
pub(crate) struct Field(pub(crate) Vec<Seat>);

impl Field {
    /// Starts all children. A participant that cannot be started is added to `missing`.
    pub(crate) fn new(built: &[Built], missing: &mut Vec<Missing>) -> Self {
        let mut field = Self(Vec::new());
        for entrant in HOME {
            let title = entrant.title();
            let own = title.starts_with(framewell_bench::home::FRAMEWELL);
            let (role, version) = match own {
                true => (Role::Framewell, env!("CARGO_PKG_VERSION")),
                false => (Role::Peer, "of the C library"),
            };
            field.seat_home(title, role, version, missing);
        }
        for peer in built {
            field.seat(&peer.name, Role::Peer, &peer.version, &peer.launch, missing);
        }
        for floor in &floors::ALL {
            field.seat_home(floor.title(), Role::Floor, "", missing);
        }
        field
    }

    fn seat_home(&mut self, title: &str, role: Role, version: &str, missing: &mut Vec<Missing>) {
        match Launch::home(title) {
            Ok(launch) => self.seat(title, role, version, &launch, missing),
            Err(why) => missing.push(Missing::new(title, why)),
        }
    }

    fn seat(
        &mut self,
        name: &str,
        role: Role,
        version: &str,
        launch: &Launch,
        missing: &mut Vec<Missing>,
    ) {
        let remote = match launch.start() {
            Ok(remote) => remote,
            Err(why) => return missing.push(Missing::new(name, why)),
        };
        for entrant in remote.entrants() {
            if self.0.iter().any(|seat| seat.title == entrant.title) {
                missing.push(Missing::new(
                    name,
                    format!("{} is there already", entrant.title),
                ));
                continue;
            }
            self.0.push(Seat {
                title: entrant.title.clone(),
                role,
                version: version.to_owned(),
                launch: launch.clone(),
                kinds: entrant.kinds.clone(),
                remote: remote.clone(),
            });
        }
    }

    /// Opens a workload for everybody who takes part in it. Who cannot is added to `missing`.
    pub(crate) fn players(&self, kind: Kind, missing: &mut Vec<Missing>) -> Vec<Box<dyn Player>> {
        let mut players: Vec<Box<dyn Player>> = Vec::new();
        for seat in self.0.iter().filter(|seat| seat.takes(kind)) {
            match seat.remote.open(&seat.title, kind) {
                Ok(open) => players.extend(open.map(|open| Box::new(open) as _)),
                Err(why) => missing.push(Missing::on(&seat.title, kind.name(), why)),
            }
        }
        players
    }

    /// Opens a workload for one participant after another; `alone` runs and ends each.
    pub(crate) fn each(
        &self,
        kind: Kind,
        missing: &mut Vec<Missing>,
        mut alone: impl FnMut(Box<dyn Player>),
    ) {
        for seat in self.0.iter().filter(|seat| seat.takes(kind)) {
            match seat.remote.open(&seat.title, kind) {
                Ok(open) => open.into_iter().for_each(|open| alone(Box::new(open))),
                Err(why) => missing.push(Missing::on(&seat.title, kind.name(), why)),
            }
        }
    }

    pub(crate) fn role(&self, title: &str) -> Option<Role> {
        let mut seats = self.0.iter();
        seats.find(|seat| seat.title == title).map(|seat| seat.role)
    }
}
