//! One process and its queue.

use std::collections::{HashSet, VecDeque};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::protocol;
use crate::check::{Code, Program, Ran};

/// What Python is told at its start.
const BOOT: &str = include_str!("boot.py");
/// The most memory that Python may take, in bytes.
const MEMORY: &str = "2147483648";
/// Questions that Python is sent before it has answered; a command gets one at a time, as it may end after each.
const AHEAD: usize = 16;
/// The longest line that is an answer, in bytes.
const LONGEST: u64 = 1 << 20;
/// Bytes that are kept of what a program prints.
const KEPT: usize = 2_000;

/// A question on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) program: Arc<Program>,
    pub(super) input: Value,
    pub(super) answer: oneshot::Sender<Result<Ran, String>>,
}

/// Answers jobs by a process until nobody sends any more; starts another where one has ended.
pub(super) async fn serve(mut jobs: mpsc::Receiver<Job>) {
    let mut waiting: VecDeque<Job> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            match jobs.recv().await {
                Some(job) => waiting.push_back(job),
                None => return,
            }
        }
        let program = Arc::clone(&waiting[0].program);
        match Process::start(&program) {
            Ok(process) => process.answer_all(&mut waiting, &mut jobs).await,
            Err(error) => fail(&mut waiting, error),
        }
    }
}

/// Fails the question at the head of the queue.
fn fail(waiting: &mut VecDeque<Job>, error: String) {
    if let Some(job) = waiting.pop_front() {
        // Who asked may have gone away.
        let _ = job.answer.send(Err(error));
    }
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// As much of a line as has come.
    line: Vec<u8>,
    /// Questions that it has answered.
    answered: usize,
    /// The end of what it prints beside its answers.
    printed: Arc<Mutex<String>>,
    ahead: usize,
    /// Functions that it has compiled.
    known: HashSet<Arc<str>>,
}

/// What came from a process.
enum Heard {
    Line(String),
    TooLong,
    Ended,
}

impl Process {
    fn start(program: &Program) -> Result<Self, String> {
        let (mut command, ahead) = match &program.code {
            Code::Python { .. } => {
                let mut command = Command::new(if cfg!(windows) { "python" } else { "python3" });
                command.args(["-c", BOOT, MEMORY]);
                (command, AHEAD)
            }
            Code::Command(words) => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]);
                (command, 1)
            }
        };
        if !program.folder.as_os_str().is_empty() {
            command.current_dir(&program.folder);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            let name = command.as_std().get_program().to_string_lossy();
            format!("`{name}` cannot be started: {error}")
        })?;
        let (input, output, errors) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = (input, output, errors) else {
            return Err("the program has no pipes".to_owned());
        };
        let printed = Arc::new(Mutex::default());
        tokio::spawn(listen(errors, Arc::clone(&printed)));
        Ok(Self {
            child,
            input,
            output: BufReader::new(output),
            line: Vec::new(),
            answered: 0,
            printed,
            ahead,
            known: HashSet::new(),
        })
    }

    /// Answers what waits and what comes, until the process ends or has to be ended.
    async fn answer_all(mut self, waiting: &mut VecDeque<Job>, jobs: &mut mpsc::Receiver<Job>) {
        let mut sent = 0;
        let mut since = Instant::now();
        let mut open = true;
        loop {
            while sent < waiting.len().min(self.ahead) {
                if sent == 0 {
                    since = Instant::now();
                }
                let job = &waiting[sent];
                let line = protocol::line(&job.program, &job.input, &mut self.known);
                sent += 1;
                // A program that reads nothing must not hold up the time that it has.
                let sending = self.input.write_all(line.as_bytes());
                if !matches!(timeout(job.program.timeout, sending).await, Ok(Ok(()))) {
                    break;
                }
            }
            if waiting.is_empty() && !open {
                return;
            }
            let deadline = waiting.front().map(|job| since + job.program.timeout);
            let heard = tokio::select! {
                heard = hear(&mut self.output, &mut self.line) => heard,
                job = jobs.recv(), if open && waiting.len() < AHEAD => {
                    open = job.is_some();
                    waiting.extend(job);
                    continue;
                }
                () = sleep_until(deadline.unwrap_or(since)), if deadline.is_some() => {
                    let limit = waiting[0].program.timeout;
                    fail(waiting, format!("the program gave no answer within {limit:?}"));
                    return;
                }
            };
            match heard {
                Heard::Line(line) => {
                    let Some(job) = waiting.front() else { continue };
                    match protocol::answer(&job.program, &line) {
                        None => keep(&self.printed, &line),
                        Some(answer) => {
                            let printed = self.take_printed();
                            let answer = answer.map(|ran| Ran {
                                printed: [ran.printed, printed].concat(),
                                ..ran
                            });
                            if let Some(job) = waiting.pop_front() {
                                // Who asked may have gone away.
                                let _ = job.answer.send(answer);
                            }
                            sent -= 1;
                            self.answered += 1;
                            since = Instant::now();
                        }
                    }
                }
                Heard::TooLong => {
                    fail(
                        waiting,
                        format!("the program printed a line of more than {LONGEST} bytes"),
                    );
                    return;
                }
                Heard::Ended => {
                    // One that ends after its answer is started again for the next question.
                    if self.answered == 0 && !waiting.is_empty() {
                        let how = self.ended().await;
                        fail(waiting, how);
                    }
                    return;
                }
            }
        }
    }

    /// Says how the process ended without an answer.
    async fn ended(&mut self) -> String {
        let status = timeout(Duration::from_secs(1), self.child.wait()).await;
        let how = match status {
            Ok(Ok(status)) => format!("the program ended without an answer ({status})"),
            _ => "the program closed its output without an answer".to_owned(),
        };
        // What it said last may still be on its way.
        sleep(Duration::from_millis(20)).await;
        match self.take_printed().trim() {
            "" => how,
            printed => format!("{how}: {printed}"),
        }
    }

    fn take_printed(&self) -> String {
        std::mem::take(&mut *self.printed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads a line; one that is too long ends the process. What has come of it stays in `line` if nobody waits any longer.
async fn hear(output: &mut BufReader<ChildStdout>, line: &mut Vec<u8>) -> Heard {
    let read = output.take(LONGEST + 1).read_until(b'\n', line).await;
    match read {
        Ok(0) | Err(_) if line.is_empty() => Heard::Ended,
        Err(_) => Heard::Ended,
        Ok(_) if line.len() as u64 > LONGEST => Heard::TooLong,
        Ok(_) => {
            let heard = String::from_utf8_lossy(line).into_owned();
            line.clear();
            Heard::Line(heard)
        }
    }
}

/// Keeps the end of what a process prints to its stderr.
async fn listen(mut errors: ChildStderr, printed: Arc<Mutex<String>>) {
    let mut buffer = [0; 4_096];
    while let Ok(length @ 1..) = errors.read(&mut buffer).await {
        keep(&printed, &String::from_utf8_lossy(&buffer[..length]));
    }
}

/// Adds to what was printed, and forgets the beginning if it is too long.
fn keep(printed: &Mutex<String>, text: &str) {
    let mut kept = printed.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push_str(text);
    if kept.len() > KEPT {
        let from = (kept.len() - KEPT..kept.len()).find(|at| kept.is_char_boundary(*at));
        kept.drain(..from.unwrap_or(0));
    }
}
