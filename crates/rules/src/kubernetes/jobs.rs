//! When jobs start, and when they are cleaned up.
//!
//! Schedules are read as the CronJob controller reads them. Whether a time zone exists depends on the cluster's own
//! table; only what cannot be a zone's name is reported.

use portcullis_model::cron;
use portcullis_model::kubernetes::Object;
use portcullis_model::time_zone;

use super::controllers::is_hook;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&CRONJOB_DEADLINE_MISSING, &CRONJOB_SCHEDULE_INVALID, &JOB_TTL_MISSING];

rule! {
    /// CronJob has no starting deadline
    ///
    /// After a hundred missed starts the controller gives up on such a CronJob for good, and until then it starts a job
    /// however late. With `startingDeadlineSeconds` only what was missed within that time counts.
    ///
    /// ```yaml bad:4
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   startingDeadlineSeconds: 600
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    CRONJOB_DEADLINE_MISSING = "k8s-cronjob-deadline-missing" {
        check: Check::Object(&["CronJob"], cronjob_deadline_missing),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kube-score:cronjob-has-deadline"],
    }
}

rule! {
    /// CronJob's schedule or time zone is not valid
    ///
    /// The API server refuses it. A schedule has five fields, or is a name such as `@daily`; the last field goes from 0
    /// to 6, and a zone stands in `timeZone`, not in the schedule. A zone is a name such as `Europe/Berlin` or `UTC`;
    /// whether the cluster knows it cannot be seen here.
    ///
    /// ```yaml bad:5
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "0 24 * * *"
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "CRON_TZ=Europe/Berlin 0 3 * * *"
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "@daily"
    ///   timeZone: UTC+2
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "*/15 1-5,22 1 jan-mar MON-FRI"
    ///   timeZone: America/Argentina/Buenos_Aires
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "${SCHEDULE}"
    ///   timeZone: Etc/UTC
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    CRONJOB_SCHEDULE_INVALID = "k8s-cronjob-schedule-invalid" {
        check: Check::Object(&["CronJob"], cronjob_schedule_invalid),
        severity: Severity::High,
    }
}

rule! {
    /// Finished Job is never cleaned up
    ///
    /// Without `ttlSecondsAfterFinished` the Job and its pods stay for ever, and the next one of the same name is
    /// refused. Silent for Jobs that something owns or that Helm or Argo CD runs as a hook, and for those of a CronJob,
    /// which keeps the last few.
    ///
    /// ```yaml bad:4
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { name: migrate }
    /// spec:
    ///   template: { spec: { restartPolicy: Never, containers: [{ name: migrate, image: migrate:1 }] } }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { name: migrate }
    /// spec:
    ///   ttlSecondsAfterFinished: 3600
    ///   template: { spec: { restartPolicy: Never, containers: [{ name: migrate, image: migrate:1 }] } }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { name: migrate, annotations: { helm.sh/hook: pre-upgrade } }
    /// spec:
    ///   template: { spec: { restartPolicy: Never, containers: [{ name: migrate, image: migrate:1 }] } }
    /// ```
    JOB_TTL_MISSING = "k8s-job-ttl-missing" {
        check: Check::Object(&["Job"], job_ttl_missing),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kube-linter:job-ttl-seconds-after-finished", "kyverno:other/add-ttl-jobs"],
    }
}

fn cronjob_deadline_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "batch" {
        return;
    }
    let Lookup::Absent(anchor) = object.node.get("spec.startingDeadlineSeconds") else { return };
    report
        .at(anchor, format!("{} has no starting deadline", object.title()))
        .help("set `startingDeadlineSeconds` to how late it may start");
}

fn cronjob_schedule_invalid(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "batch" {
        return;
    }
    if let Lookup::Present(schedule) = object.node.get("spec.schedule")
        && let Some(text) = schedule.as_str()
        && let Err(error) = cron::validate(text)
    {
        let help = match error {
            cron::InvalidSchedule::Zone => "write the zone in `timeZone`",
            _ => "write minute, hour, day of the month, month and day of the week, or a name such as `@daily`",
        };
        report.at(schedule, format!("schedule `{text}` of {} is not valid: {error}", object.title())).help(help);
    }
    if let Lookup::Present(zone) = object.node.get("spec.timeZone")
        && let Some(text) = zone.as_str()
        && !time_zone::may_be_zone(text)
    {
        report
            .at(zone, format!("time zone `{text}` of {} is no zone's name", object.title()))
            .help("name it as the time zone database does: `Europe/Berlin`, `UTC`");
    }
}

fn job_ttl_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "batch" || is_hook(object) {
        return;
    }
    let Lookup::Absent(_) = object.node.get("metadata.ownerReferences") else { return };
    let Lookup::Absent(anchor) = object.node.get("spec.ttlSecondsAfterFinished") else { return };
    report
        .at(anchor, format!("{} stays for ever when it is finished", object.title()))
        .help("set `ttlSecondsAfterFinished`");
}
