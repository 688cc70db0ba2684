//! The log of what was asked by hand: conversations, of one turn or many.

use std::path::Path;

use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;

use super::database::{Database, StoreError};
use crate::model::{Message, Usage};

/// Marks a file as a log: "mcpl".
const KIND: i32 = 0x6d63_706c;

const VERSIONS: &[&str] = &["
    CREATE TABLE conversation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        model TEXT NOT NULL,
        system TEXT
    );
    CREATE TABLE turn (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversation,
        at TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        prompt TEXT NOT NULL,
        response TEXT NOT NULL,
        said TEXT NOT NULL,
        usage TEXT NOT NULL,
        cost_usd TEXT,
        latency_ms REAL NOT NULL,
        stop_reason TEXT NOT NULL,
        request_id TEXT
    );
    CREATE INDEX turns ON turn (conversation);
    CREATE TABLE media (
        sha256 TEXT PRIMARY KEY,
        bytes BLOB NOT NULL
    ) WITHOUT ROWID;
"];

/// The log, open.
pub struct Log {
    database: Database,
}

/// What was said so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its number.
    pub id: i64,
    /// The model that answered last.
    pub model: String,
    /// The system prompt that it began with.
    pub system: Option<String>,
    /// Everything that was said, tools included, oldest first.
    pub messages: Vec<Message>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turn {
    /// The number of its conversation; `None` in one that begins.
    pub conversation: Option<i64>,
    /// When it was answered.
    pub at: String,
    /// Who was asked.
    pub provider: String,
    /// The model, as it was asked.
    pub model: String,
    /// The system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The texts that were asked.
    pub prompt: String,
    /// The text that came back.
    pub response: String,
    /// All messages of this turn, the question first and the answer last.
    #[serde(skip)]
    pub said: Vec<Message>,
    /// Tokens of all its attempts.
    pub usage: Usage,
    /// What they cost in US dollars, exactly.
    pub cost_usd: Option<String>,
    /// How long the answer took.
    pub latency_ms: f64,
    /// Why the model stopped.
    pub stop_reason: String,
    /// Bedrock's id of the call.
    pub request_id: Option<String>,
}

const TURN: &str = "SELECT turn.conversation, at, provider, turn.model, system, prompt, response, said, usage, cost_usd, \
     latency_ms, stop_reason, request_id FROM turn JOIN conversation ON conversation.id = turn.conversation";

impl Log {
    /// Opens the log, and makes one where there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be made or read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, KIND, VERSIONS)?;
        Ok(Self { database })
    }

    /// Adds a turn, and returns the number of its conversation.
    ///
    /// # Errors
    ///
    /// It cannot be written; then nothing is.
    pub fn add(&mut self, turn: &Turn) -> Result<i64, StoreError> {
        let added = self.try_add(turn);
        added.map_err(|error| self.database.failed(error))
    }

    fn try_add(&mut self, turn: &Turn) -> rusqlite::Result<i64> {
        let change = self.database.connection.transaction()?;
        // Messages hold the digests of images and documents; their bytes are kept once.
        for message in &mut turn.said.clone() {
            for media in message.media_mut() {
                change.execute(
                    "INSERT OR IGNORE INTO media (sha256, bytes) VALUES (?1, ?2)",
                    params![media.sha256(), media.bytes()],
                )?;
            }
        }
        let conversation = match turn.conversation {
            Some(id) => id,
            None => {
                change.execute(
                    "INSERT INTO conversation (model, system) VALUES (?1, ?2)",
                    params![turn.model, turn.system],
                )?;
                change.last_insert_rowid()
            }
        };
        change.execute(
            "INSERT INTO turn (conversation, at, provider, model, prompt, response, said, usage, cost_usd, latency_ms, \
             stop_reason, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                conversation,
                turn.at,
                turn.provider,
                turn.model,
                turn.prompt,
                turn.response,
                json(&turn.said),
                json(&turn.usage),
                turn.cost_usd,
                turn.latency_ms,
                turn.stop_reason,
                turn.request_id,
            ],
        )?;
        change.commit()?;
        Ok(conversation)
    }

    /// Returns a conversation by its number, or the one that was spoken in last; `None` where there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn conversation(&self, id: Option<i64>) -> Result<Option<Conversation>, StoreError> {
        let turns = self.try_conversation(id);
        let mut turns = turns.map_err(|error| self.database.failed(error))?;
        let restored = self.restore(&mut turns);
        restored.map_err(|error| self.database.failed(error))?;
        let Some(last) = turns.last() else {
            return Ok(None);
        };
        Ok(Some(Conversation {
            id: last.conversation.unwrap_or_default(),
            model: last.model.clone(),
            system: last.system.clone(),
            messages: turns.into_iter().flat_map(|turn| turn.said).collect(),
        }))
    }

    /// Gives images and documents their bytes back.
    fn restore(&self, turns: &mut [Turn]) -> rusqlite::Result<()> {
        let messages = turns.iter_mut().flat_map(|turn| &mut turn.said);
        for media in messages.flat_map(Message::media_mut) {
            let bytes: Option<Vec<u8>> = self
                .database
                .connection
                .query_row(
                    "SELECT bytes FROM media WHERE sha256 = ?1",
                    [media.sha256()],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(bytes) = bytes {
                media.restore(bytes);
            }
        }
        Ok(())
    }

    fn try_conversation(&self, id: Option<i64>) -> rusqlite::Result<Vec<Turn>> {
        let of = "WHERE turn.conversation = \
                  coalesce(?1, (SELECT conversation FROM turn ORDER BY id DESC LIMIT 1)) ORDER BY turn.id";
        let mut statement = self.database.connection.prepare(&format!("{TURN} {of}"))?;
        statement.query_map([id], turn)?.collect()
    }

    /// Returns the last `most` turns, of one conversation or of all, that hold a text in question or answer, in any case; oldest
    /// first.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn turns(
        &self,
        conversation: Option<i64>,
        text: Option<&str>,
        most: usize,
    ) -> Result<Vec<Turn>, StoreError> {
        let turns = self.try_turns(conversation, text, most);
        turns.map_err(|error| self.database.failed(error))
    }

    fn try_turns(
        &self,
        conversation: Option<i64>,
        text: Option<&str>,
        most: usize,
    ) -> rusqlite::Result<Vec<Turn>> {
        let of = "WHERE ?1 IS NULL OR turn.conversation = ?1 ORDER BY turn.id DESC";
        let mut statement = self.database.connection.prepare(&format!("{TURN} {of}"))?;
        // SQLite knows the cases of ASCII letters alone.
        let wanted = text.map(str::to_lowercase);
        let holds = |text: &str| {
            let wanted = wanted.as_deref();
            wanted.is_none_or(|wanted| text.to_lowercase().contains(wanted))
        };
        let mut turns = Vec::new();
        for turn in statement.query_map([conversation], turn)? {
            let turn = turn?;
            if turns.len() == most {
                break;
            }
            if holds(&turn.prompt) || holds(&turn.response) {
                turns.push(turn);
            }
        }
        turns.reverse();
        Ok(turns)
    }
}

fn turn(row: &Row<'_>) -> rusqlite::Result<Turn> {
    Ok(Turn {
        conversation: row.get(0)?,
        at: row.get(1)?,
        provider: row.get(2)?,
        model: row.get(3)?,
        system: row.get(4)?,
        prompt: row.get(5)?,
        response: row.get(6)?,
        said: parsed(row, 7)?,
        usage: parsed(row, 8)?,
        cost_usd: row.get(9)?,
        latency_ms: row.get(10)?,
        stop_reason: row.get(11)?,
        request_id: row.get(12)?,
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what is said is plain data")
}

fn parsed<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Media, Part, Role};

    fn said(role: Role, text: &str) -> Message {
        Message {
            role,
            parts: vec![Part::Text(text.to_owned())],
        }
    }

    fn turn(conversation: Option<i64>, prompt: &str, response: &str) -> Turn {
        Turn {
            conversation,
            at: "2026-11-27T09:00:00Z".to_owned(),
            provider: "bedrock".to_owned(),
            model: "nova".to_owned(),
            system: Some("Be brief.".to_owned()),
            prompt: prompt.to_owned(),
            response: response.to_owned(),
            said: vec![said(Role::User, prompt), said(Role::Assistant, response)],
            usage: Usage::new(3, 4),
            cost_usd: Some("0.000001".to_owned()),
            latency_ms: 12.5,
            stop_reason: "end_turn".to_owned(),
            request_id: None,
        }
    }

    #[test]
    fn conversations_go_on_where_they_were_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let mut log = Log::open(&path).unwrap();
        assert_eq!(log.conversation(None).unwrap(), None);
        let first = log.add(&turn(None, "Hello", "Hi")).unwrap();
        let second = log.add(&turn(None, "Other", "Thing")).unwrap();
        log.add(&turn(Some(first), "More", "Yes")).unwrap();
        drop(log);
        let log = Log::open(&path).unwrap();
        let last = log.conversation(None).unwrap().unwrap();
        assert_eq!((last.id, last.messages.len()), (first, 4));
        assert_eq!(last.system.as_deref(), Some("Be brief."));
        assert_eq!(last.messages[2], said(Role::User, "More"));
        let other = log.conversation(Some(second)).unwrap().unwrap();
        assert_eq!(other.messages[1], said(Role::Assistant, "Thing"));
        assert_eq!(log.conversation(Some(99)).unwrap(), None);
    }

    #[test]
    fn images_come_back_with_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(&folder.path().join("log.db")).unwrap();
        let mut shown = turn(None, "What?", "A dot.");
        let image = Media::new("png", None, *b"PNG");
        shown.said[0].parts.push(Part::Image(image.clone()));
        log.add(&shown).unwrap();
        let found = log.conversation(None).unwrap().unwrap();
        let Part::Image(found) = &found.messages[0].parts[1] else {
            panic!("{found:?}")
        };
        assert_eq!((found.bytes(), found), (&b"PNG"[..], &image));
    }

    #[test]
    fn turns_are_found_by_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(&folder.path().join("log.db")).unwrap();
        for (prompt, response) in [
            ("Straße", "a"),
            ("b", "STRASSE"),
            ("c", "in der STRAßE"),
            ("d", "e"),
        ] {
            log.add(&turn(None, prompt, response)).unwrap();
        }
        let prompts = |text, most| {
            let turns = log.turns(None, text, most).unwrap();
            turns
                .into_iter()
                .map(|turn| turn.prompt)
                .collect::<Vec<_>>()
        };
        assert_eq!(prompts(Some("straße"), 9), ["Straße", "c"]);
        assert_eq!(prompts(Some("straße"), 1), ["c"]);
        assert_eq!(prompts(None, 2), ["c", "d"]);
        assert_eq!(log.turns(Some(2), None, 9).unwrap()[0].response, "STRASSE");
    }
}
