//! The server process: started, watched and ended.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use rustix::{
    fs::statvfs,
    process::{Pid, Signal, kill_process},
};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use super::{Binaries, Durability, PgError, admin, error::one_line};

const TEMPORARY_PREFIX: &str = "shop-postgres-";
/// The free memory from which on temporary folders are there: ten times what a server of tests takes.
const ROOM_IN_MEMORY: u64 = 4 * 1_024 * 1_024 * 1_024;
/// How long the server may take to write its rows before it is ended by force.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const KILL_TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);
/// Of the log, what an error message may quote.
const LOG_TAIL_BYTES: u64 = 4096;

/// What one start needs to know.
pub(super) struct Settings {
    pub(super) port: u16,
    pub(super) durability: Durability,
    pub(super) data: PathBuf,
}

/// The running server. Dropping it stops the process and waits for its end.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: Pid,
    port: u16,
    stop_signal: Signal,
    log: PathBuf,
    ended: watch::Receiver<bool>,
    gone: Mutex<mpsc::Receiver<()>>,
}

impl Postmaster {
    /// Starts the server. A thread of its own does so and stays, because the kernel ends the server with the *thread*
    /// that started it: so the server never outlives this process, nor dies with a pool's idle thread.
    pub(super) async fn spawn(binaries: Arc<Binaries>, settings: Settings) -> Result<Self, PgError> {
        let log = settings.data.with_extension("log");
        let (port, stop_signal) = (settings.port, stop_signal(settings.durability));
        let (started, start) = oneshot::channel();
        let (end, ended) = watch::channel(false);
        let (leave, gone) = mpsc::channel();
        let keeper_log = log.clone();
        thread::Builder::new().name("postgres-keeper".to_owned()).spawn(move || {
            match start_process(&binaries, &settings, &keeper_log) {
                Ok(child) => keep(child, started),
                Err(error) => drop(started.send(Err(error))),
            }
            end.send_replace(true);
            drop(leave);
        })?;
        let id = start.await.map_err(|_| PgError::Start("its thread ended".to_owned()))??;
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(PgError::Start("no process id".to_owned()))?;
        Ok(Self { pid, port, stop_signal, log, ended, gone: Mutex::new(gone) })
    }

    pub(super) fn process_id(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// The server's version once it answers.
    pub(super) async fn wait_until_ready(&self, url: &str, timeout: Duration) -> Result<String, PgError> {
        let mut ended = self.ended.clone();
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => Err(self.explain_end()),
            () = tokio::time::sleep(timeout) => {
                Err(PgError::Start(format!("no answer within {} s; its log is {}", timeout.as_secs(), self.log.display())))
            }
            version = async {
                loop {
                    match admin::server_version(url).await {
                        Ok(version) => return version,
                        Err(_) => tokio::time::sleep(POLL).await,
                    }
                }
            } => Ok(version),
        }
    }

    fn explain_end(&self) -> PgError {
        let tail = log_tail(&self.log).unwrap_or_default();
        if tail.contains("could not create any TCP/IP sockets") {
            return PgError::PortTaken(self.port);
        }
        match tail.lines().find_map(|line| line.split_once("FATAL:")) {
            Some((_, reason)) => PgError::Start(one_line(reason)),
            None => PgError::Start(one_line(&tail)),
        }
    }

    fn wait(&self, timeout: Duration) -> bool {
        // Nothing is ever sent: the sender goes away with the process.
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(gone.recv_timeout(timeout), Err(mpsc::RecvTimeoutError::Disconnected))
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        for (signal, timeout) in [(self.stop_signal, STOP_TIMEOUT), (Signal::KILL, KILL_TIMEOUT)] {
            // Until the keeper has waited for it, the id cannot belong to another process.
            if *self.ended.borrow() || kill_process(self.pid, signal).is_err() || self.wait(timeout) {
                return;
            }
        }
        tracing::warn!(process.id = self.process_id(), "PostgreSQL does not end");
    }
}

/// "Fast" shutdown writes everything; "immediate" leaves it, which is right for rows that are about to be deleted.
/// <https://www.postgresql.org/docs/current/server-shutdown.html>
fn stop_signal(durability: Durability) -> Signal {
    match durability {
        Durability::Full => Signal::INT,
        Durability::Off => Signal::QUIT,
    }
}

fn keep(mut child: Child, started: oneshot::Sender<Result<u32, PgError>>) {
    if started.send(Ok(child.id())).is_err() {
        // Nobody waits for this server any more.
        let _ = child.kill();
    }
    let _ = child.wait();
}

fn start_process(binaries: &Binaries, settings: &Settings, log: &Path) -> Result<Child, PgError> {
    let log = File::create(log)?;
    let mut command = binaries.account.command_bound_to_parent(&binaries.program("postgres"));
    // The data folder is handed over open: the server's user need not be able to walk there.
    command.args(["-D", "/proc/self/fd/0"]).stdin(Stdio::from(File::open(&settings.data)?));
    for setting in server_settings(settings) {
        command.args(["-c", &setting]);
    }
    command.stdout(log.try_clone()?).stderr(log);
    spawn(&mut command)
}

fn spawn(command: &mut Command) -> Result<Child, PgError> {
    command.spawn().map_err(|error| PgError::Start(error.to_string()))
}

fn server_settings(settings: &Settings) -> Vec<String> {
    let mut all: Vec<String> = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=128MB",
        "timezone=UTC",
        // Failing statements are answered to the client; kept here they would fill the disk.
        "log_min_messages=fatal",
        "log_min_error_statement=panic",
    ]
    .map(str::to_owned)
    .into();
    all.push(format!("port={}", settings.port));
    if settings.durability == Durability::Off {
        all.extend(
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=128MB"].map(str::to_owned),
        );
    }
    all
}

fn log_tail(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(LOG_TAIL_BYTES).read_to_end(&mut tail)?;
    Ok(String::from_utf8_lossy(&tail).into_owned())
}

/// Where temporary folders may be: in memory, where creating a database takes half as long, then the system's place for them.
fn temporary_places() -> [PathBuf; 2] {
    [PathBuf::from("/dev/shm"), std::env::temp_dir()]
}

/// A folder of its own, which carries the id of this process in its name.
pub(super) fn temporary_folder() -> io::Result<TempDir> {
    let [memory, disk] = temporary_places();
    let has_room =
        |place: &Path| statvfs(place).is_ok_and(|of| of.f_bavail.saturating_mul(of.f_frsize) >= ROOM_IN_MEMORY);
    let prefix = format!("{TEMPORARY_PREFIX}{}-", std::process::id());
    let place = if has_room(&memory) { memory } else { disk };
    tempfile::Builder::new().prefix(&prefix).tempdir_in(place)
}

/// Removes temporary folders of processes that were killed before they could.
pub(super) fn sweep_abandoned() {
    let entries = temporary_places().into_iter().filter_map(|place| fs::read_dir(place).ok()).flatten();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY_PREFIX)?.split('-').next());
        let abandoned = owner
            .and_then(|id| id.parse::<u32>().ok())
            .is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists());
        if abandoned {
            // Another process may sweep the same folder, or it may belong to another user.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
