//! Beginning jobs and waiting for them: looked at now and then, until each is over and its output is here.

use std::time::Duration;

use super::ledger::{Job, Ledger};
use super::{Batch, BatchError};
use crate::model::{BatchOrder, BatchStage, BatchStatus, ModelError, Remedy};
use crate::run::stop::Stop;

/// The time between the first two looks at jobs; each wait is twice the one before it.
const SOON: Duration = Duration::from_secs(1);
/// The longest time between two looks. Jobs take minutes to hours.
const LATE: Duration = Duration::from_mins(1);
/// Looks in a row that may fail, where looking again may help.
const MOST_FAILURES: u32 = 30;

impl Batch {
    /// Begins what is not begun, and waits until all jobs are over or `stop` says so.
    pub(super) async fn settle(
        &self,
        ledger: &mut Ledger,
        stop: &Stop,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<(), BatchError> {
        let (mut pause, mut failures) = (SOON, 0);
        loop {
            if let Some(error) = self.begin(ledger, stop, tell).await? {
                failures += 1;
                if failures > MOST_FAILURES {
                    return Err(error.into());
                }
            }
            for index in 0..ledger.jobs.len() {
                if ledger.jobs[index].is_over || ledger.jobs[index].arn.is_none() {
                    continue;
                }
                match self.look(&ledger.jobs[index]).await {
                    Ok(status) => {
                        failures = 0;
                        self.note(ledger, index, status, tell).await?;
                    }
                    Err(error) if may_pass(&error) && failures < MOST_FAILURES => {
                        failures += 1;
                        if failures == 1 {
                            let job = ledger.jobs[index].shown();
                            tell(&format!("cannot look at the batch job {job}: {error}"));
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            if ledger.jobs.iter().all(|job| job.is_over) {
                return Ok(());
            }
            tokio::select! {
                () = stop.stopped() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LATE);
        }
    }

    /// Begins what is not begun, and returns why that has to be tried again. Nobody may know whether a job was begun whose
    /// answer was lost: its name finds it. A job that is refused is over; if that is so of all, why is the error.
    async fn begin(
        &self,
        ledger: &mut Ledger,
        stop: &Stop,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<Option<ModelError>, BatchError> {
        let (mut refused, mut again) = (None, None);
        for index in 0..ledger.jobs.len() {
            let job = &ledger.jobs[index];
            let Some(input) = job
                .input
                .clone()
                .filter(|_| job.arn.is_none() && !job.is_over)
            else {
                continue;
            };
            if stop.is_stopped() {
                return Ok(None);
            }
            let path = ledger.folder().join(&input);
            let order = BatchOrder {
                model: job.model.clone(),
                region: job.region.clone(),
                name: job.name.clone(),
                input: path.clone(),
            };
            let begun = self.client.begin(&order).await;
            let job = &mut ledger.jobs[index];
            match begun {
                Ok(arn) => {
                    tell(&format!(
                        "batch job {arn}: {} questions to `{}`",
                        job.records, job.model
                    ));
                    job.arn = Some(arn);
                }
                Err(error) if may_pass(&error) => {
                    tell(&format!("cannot begin a batch job yet: {}", whole(&error)));
                    again = Some(error);
                    continue;
                }
                Err(error) => {
                    tell(&format!(
                        "no batch job for {} questions to `{}`: {}",
                        job.records,
                        job.model,
                        whole(&error)
                    ));
                    job.is_over = true;
                    refused = Some(error);
                }
            }
            job.input = None;
            ledger.save()?;
            // What is left behind takes room and does no harm.
            let _ = std::fs::remove_file(path);
        }
        match refused {
            Some(error)
                if ledger
                    .jobs
                    .iter()
                    .all(|job| job.arn.is_none() && job.is_over) =>
            {
                Err(error.into())
            }
            _ => Ok(again),
        }
    }

    async fn look(&self, job: &Job) -> Result<BatchStatus, ModelError> {
        self.client
            .look(job.arn.as_deref().unwrap_or_default())
            .await
    }

    /// Notes how far a job is, and gets its output once it is over.
    async fn note(
        &self,
        ledger: &mut Ledger,
        index: usize,
        status: BatchStatus,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<(), BatchError> {
        let folder = ledger.folder().to_owned();
        let job = &mut ledger.jobs[index];
        let state = shown(&status);
        let is_news = job.state != state;
        job.state = state;
        if is_news {
            tell(&format!("batch job {}: {}", job.shown(), job.state));
        }
        let arn = job.arn.clone().unwrap_or_default();
        match status.stage {
            BatchStage::Waiting | BatchStage::Running => {}
            BatchStage::Failed => job.is_over = true,
            BatchStage::Ended => {
                std::fs::create_dir_all(&folder).map_err(BatchError::disk(&folder))?;
                let files = self.client.fetch(&arn, &folder).await?;
                let names = files.iter().filter_map(|file| file.file_name());
                job.outputs = names
                    .map(|name| name.to_string_lossy().into_owned())
                    .collect();
                job.is_over = true;
            }
        }
        if is_news || job.is_over {
            ledger.save()?;
        }
        Ok(())
    }
}

/// Returns how far a job is, in words.
fn shown(status: &BatchStatus) -> String {
    let mut shown = status.word.clone();
    if let (Some(records), Some(processed)) = (status.records, status.processed) {
        shown = format!("{shown}, {processed} of {records} records");
    }
    match &status.message {
        Some(message) => format!("{shown}: {message}"),
        None => shown,
    }
}

fn may_pass(error: &ModelError) -> bool {
    !matches!(error.remedy, Remedy::None | Remedy::OtherModel)
}

/// Returns an error with its hint.
fn whole(error: &ModelError) -> String {
    match &error.hint {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}
