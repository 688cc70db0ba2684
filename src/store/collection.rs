//! Vectors to search in: named collections, each made by one model.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::path::Path;

use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::database::{Database, StoreError};
use crate::model::hex;
use crate::vectors::cosine;

/// Marks a file as one of collections: "mcpv".
const KIND: i32 = 0x6d63_7076;

const VERSIONS: &[&str] = &["
    CREATE TABLE collection (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        model TEXT NOT NULL,
        dimensions INTEGER,
        length INTEGER NOT NULL
    );
    CREATE TABLE vector (
        collection INTEGER NOT NULL REFERENCES collection,
        id TEXT NOT NULL,
        chunk INTEGER NOT NULL,
        hash BLOB NOT NULL,
        text TEXT NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (collection, id, chunk)
    ) WITHOUT ROWID;
"];

/// A file of collections, open.
pub struct Vectors {
    database: Database,
}

/// What is known of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// The model that made its vectors.
    pub model: String,
    /// How many numbers a vector has, where that was asked for.
    pub dimensions: Option<u32>,
    /// How many numbers a vector has.
    pub length: usize,
    /// How many vectors it has.
    pub count: u64,
    #[serde(skip)]
    key: i64,
}

/// A text with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The text's name.
    pub id: String,
    /// Which chunk of it, from 0.
    pub chunk: usize,
    /// The chunk.
    pub text: String,
    /// Its vector.
    pub vector: Vec<f32>,
}

/// A text that is near to a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Near {
    /// The text's name.
    pub id: String,
    /// Which chunk of it, from 0.
    pub chunk: usize,
    /// How near: the cosine of the angle between the vectors, -1 to 1.
    pub score: f64,
    /// The chunk.
    pub text: String,
}

impl Vectors {
    /// Opens a file of collections, and makes one where there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be made or read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, KIND, VERSIONS)?;
        Ok(Self { database })
    }

    /// Returns all collections, by name.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn collections(&self) -> Result<Vec<Collection>, StoreError> {
        let listed = self.try_collections();
        listed.map_err(|error| self.database.failed(error))
    }

    fn try_collections(&self) -> rusqlite::Result<Vec<Collection>> {
        let mut statement = self.database.connection.prepare(
            "SELECT id, name, model, dimensions, length, \
             (SELECT count(*) FROM vector WHERE vector.collection = collection.id) FROM collection ORDER BY name",
        )?;
        let found = statement.query_map([], |row| {
            Ok(Collection {
                key: row.get(0)?,
                name: row.get(1)?,
                model: row.get(2)?,
                dimensions: row.get(3)?,
                length: row.get(4)?,
                count: row.get(5)?,
            })
        })?;
        found.collect()
    }

    /// Returns the collection of a name, if there is one.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn collection(&self, name: &str) -> Result<Option<Collection>, StoreError> {
        let all = self.collections()?;
        Ok(all.into_iter().find(|one| one.name == name))
    }

    /// Makes a collection, which is not there yet.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn create(
        &self,
        name: &str,
        model: &str,
        dimensions: Option<u32>,
        length: usize,
    ) -> Result<Collection, StoreError> {
        let connection = &self.database.connection;
        let made = connection.execute(
            "INSERT INTO collection (name, model, dimensions, length) VALUES (?1, ?2, ?3, ?4)",
            params![name, model, dimensions, length],
        );
        made.map_err(|error| self.database.failed(error))?;
        Ok(Collection {
            key: connection.last_insert_rowid(),
            name: name.to_owned(),
            model: model.to_owned(),
            dimensions,
            length,
            count: 0,
        })
    }

    /// Returns whether a collection holds this very text by this name.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn holds(
        &self,
        collection: &Collection,
        id: &str,
        chunk: usize,
        text: &str,
    ) -> Result<bool, StoreError> {
        let connection = &self.database.connection;
        let statement = connection.prepare_cached(
            "SELECT hash FROM vector WHERE collection = ?1 AND id = ?2 AND chunk = ?3",
        );
        let found = statement.and_then(|mut statement| {
            let found = statement.query_row(params![collection.key, id, chunk], |row| {
                row.get::<_, Vec<u8>>(0)
            });
            found.optional()
        });
        let found = found.map_err(|error| self.database.failed(error))?;
        Ok(found.is_some_and(|hash| hash == hash_of(text)))
    }

    /// Adds texts, in place of those by the same names; all of them or none.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub fn add(&mut self, collection: &Collection, rows: &[Stored]) -> Result<(), StoreError> {
        let added = self.try_add(collection, rows);
        added.map_err(|error| self.database.failed(error))
    }

    fn try_add(&mut self, collection: &Collection, rows: &[Stored]) -> rusqlite::Result<()> {
        let change = self.database.connection.transaction()?;
        {
            let mut statement = change.prepare_cached(
                "INSERT OR REPLACE INTO vector (collection, id, chunk, hash, text, vector) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for row in rows {
                let numbers: Vec<u8> = row
                    .vector
                    .iter()
                    .flat_map(|number| number.to_le_bytes())
                    .collect();
                statement.execute(params![
                    collection.key,
                    row.id,
                    row.chunk,
                    hash_of(&row.text),
                    row.text,
                    numbers
                ])?;
            }
        }
        change.commit()
    }

    /// Returns whether a text has chunks from number `from` on.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn goes_on(
        &self,
        collection: &Collection,
        id: &str,
        from: usize,
    ) -> Result<bool, StoreError> {
        let statement = self.database.connection.prepare_cached(
            "SELECT 1 FROM vector WHERE collection = ?1 AND id = ?2 AND chunk >= ?3 LIMIT 1",
        );
        let found =
            statement.and_then(|mut statement| statement.exists(params![collection.key, id, from]));
        found.map_err(|error| self.database.failed(error))
    }

    /// Removes the chunks of a text from number `from` on: those of an earlier version that was longer.
    ///
    /// # Errors
    ///
    /// They cannot be removed.
    pub fn shorten(
        &self,
        collection: &Collection,
        id: &str,
        from: usize,
    ) -> Result<(), StoreError> {
        let removed = self.database.connection.execute(
            "DELETE FROM vector WHERE collection = ?1 AND id = ?2 AND chunk >= ?3",
            params![collection.key, id, from],
        );
        removed
            .map(drop)
            .map_err(|error| self.database.failed(error))
    }

    /// Returns the `most` texts that are nearest to a vector, the nearest first. Reads every vector of the collection once, and keeps
    /// no more than it returns. Vectors of another length are not compared.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn nearest(
        &self,
        collection: &Collection,
        to: &[f32],
        most: usize,
    ) -> Result<Vec<Near>, StoreError> {
        let nearest = self.try_nearest(collection, to, most);
        nearest.map_err(|error| self.database.failed(error))
    }

    fn try_nearest(
        &self,
        collection: &Collection,
        to: &[f32],
        most: usize,
    ) -> rusqlite::Result<Vec<Near>> {
        let mut statement = self
            .database
            .connection
            .prepare("SELECT id, chunk, text, vector FROM vector WHERE collection = ?1")?;
        let mut rows = statement.query([collection.key])?;
        let mut best: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
        while let Some(row) = rows.next()? {
            let Some(score) = cosine(to, &numbers(row.get_ref(3)?.as_blob()?)) else {
                continue;
            };
            let worst = best.peek().map(|Reverse(worst)| worst.0.score);
            if best.len() == most && worst.is_none_or(|worst| worst >= score) {
                continue;
            }
            best.push(Reverse(Ranked(Near {
                id: row.get(0)?,
                chunk: row.get(1)?,
                score,
                text: row.get(2)?,
            })));
            if best.len() > most {
                best.pop();
            }
        }
        let sorted = best.into_sorted_vec();
        Ok(sorted
            .into_iter()
            .map(|Reverse(Ranked(near))| near)
            .collect())
    }
}

/// A text by how near it is; of two as near, the one by the earlier name is the nearer.
struct Ranked(Near);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.0.score.total_cmp(&other.0.score);
        by_score
            .then_with(|| other.0.id.cmp(&self.0.id))
            .then_with(|| other.0.chunk.cmp(&self.0.chunk))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// Returns a name for a text that has none: the same for the same text.
pub fn content_name(text: &str) -> String {
    let hash = hash_of(text);
    hex(&hash[..6])
}

fn hash_of(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

/// Returns the numbers of a vector as they are kept.
fn numbers(bytes: &[u8]) -> Vec<f32> {
    let numbers = bytes.as_chunks::<4>().0.iter();
    numbers.map(|number| f32::from_le_bytes(*number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(id: &str, vector: &[f32]) -> Stored {
        Stored {
            id: id.to_owned(),
            chunk: 0,
            text: format!("the text {id}"),
            vector: vector.to_vec(),
        }
    }

    fn opened(folder: &tempfile::TempDir) -> Vectors {
        Vectors::open(&folder.path().join("vectors.db")).unwrap()
    }

    #[test]
    fn the_nearest_come_first_whatever_their_length() {
        let folder = tempfile::tempdir().unwrap();
        let mut vectors = opened(&folder);
        let notes = vectors.create("notes", "titan", Some(2), 2).unwrap();
        let other = vectors.create("other", "titan", None, 2).unwrap();
        let rows = [
            stored("east", &[5.0, 0.0]),
            stored("north", &[0.0, 1.0]),
            stored("between", &[0.1, 0.1]),
            stored("also-north", &[0.0, 9.0]),
            stored("nowhere", &[0.0, 0.0]),
            stored("long", &[0.0, 1.0, 0.0]),
        ];
        vectors.add(&notes, &rows).unwrap();
        vectors
            .add(&other, &[stored("elsewhere", &[0.0, 1.0])])
            .unwrap();
        let near = vectors.nearest(&notes, &[0.0, 2.0], 3).unwrap();
        let names: Vec<&str> = near.iter().map(|near| &*near.id).collect();
        assert_eq!(names, ["also-north", "north", "between"]);
        assert!((near[0].score - 1.0).abs() < 1e-12);
        assert!((near[2].score - 0.5f64.sqrt()).abs() < 1e-7);
        let all = vectors.nearest(&notes, &[0.0, 2.0], 99).unwrap();
        assert_eq!(all.last().unwrap().id, "east");
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn what_is_there_is_known_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let mut vectors = opened(&folder);
        let notes = vectors.create("notes", "titan", None, 1).unwrap();
        vectors.add(&notes, &[stored("a", &[1.0])]).unwrap();
        let holds = |vectors: &Vectors, text| vectors.holds(&notes, "a", 0, text).unwrap();
        assert!(holds(&vectors, "the text a"));
        assert!(!holds(&vectors, "another text"));
        assert!(!vectors.holds(&notes, "a", 1, "the text a").unwrap());
        let changed = Stored {
            text: "another text".to_owned(),
            ..stored("a", &[2.0])
        };
        vectors.add(&notes, &[changed]).unwrap();
        assert!(holds(&vectors, "another text"));
        assert_eq!(vectors.collections().unwrap()[0].count, 1);
        vectors.shorten(&notes, "a", 0).unwrap();
        assert_eq!(vectors.collections().unwrap()[0].count, 0);
    }
}
