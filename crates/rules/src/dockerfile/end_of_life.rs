//! Base images of versions that get no more fixes.
//!
//! Decided by name and tag, compared with the day of the scan. What else is installed in the image it cannot know.

use portcullis_model::dockerfile::Base;
use portcullis_model::image::ImageRef;
use portcullis_syntax::dockerfile::Keyword;

use super::Image;
use super::walk::place;
use crate::end_of_life;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&BASE_IMAGE_EOL_OR_VULNERABLE];

rule! {
    /// Base image is past its end of life
    ///
    /// Vulnerabilities that are found from then on stay: nobody publishes fixes for the language, the database or the
    /// distribution that the tag names. Knows the official images of Node.js, Python, Go, Java, PHP, Ruby, .NET,
    /// PostgreSQL, MySQL, MariaDB, MongoDB, Redis, RabbitMQ, Elasticsearch, nginx, HAProxy, Tomcat, Debian, Ubuntu, Alpine,
    /// Fedora, Amazon Linux and CentOS, and the distribution at the end of a tag (`22-alpine3.16`). Looks at FROM in all stages, on the day of the scan (`--date`). Silent for versions whose date
    /// is not certain, and for tags that name no version. Versions of packages such as OpenSSL that RUN installs are not
    /// looked at.
    ///
    /// ```dockerfile bad:1
    /// FROM node:18-alpine AS build
    /// ```
    /// ```dockerfile bad:2
    /// ARG VERSION=3.8
    /// FROM python:${VERSION}-slim
    /// ```
    /// ```dockerfile bad:1
    /// FROM node:24-buster
    /// ```
    /// ```dockerfile good
    /// FROM node:24-alpine AS build
    /// FROM example/node:18
    /// FROM debian:13
    /// FROM debian:stable
    /// FROM build
    /// ```
    /// ```dockerfile good
    /// # Its support ends after the day of this example, 2026-11-21.
    /// FROM php:8.2-cli
    /// ```
    BASE_IMAGE_EOL_OR_VULNERABLE = "docker-base-image-eol-or-vulnerable" {
        check: Check::Dockerfile(base_image_eol_or_vulnerable),
        severity: Severity::Medium,
        peers: &["kics:vulnerable_openssl_version"],
    }
}

fn base_image_eol_or_vulnerable(image: &Image<'_>, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let Base::Image(word) = &stage.base else { continue };
        let (Some(repository), Some(tag)) = (word.repository().known(), word.tag().known()) else { continue };
        let Ok(repository) = ImageRef::parse(repository) else { continue };
        let known = end_of_life::of_image(&repository.normal_repository(), tag);
        let Some(ended) = known.into_iter().find(|ended| ended.end < report.context().date) else { continue };
        let message = format!(
            "`{}:{tag}` is past its end of life: {} {} got its last fixes on {}",
            repository.as_str(),
            ended.product,
            ended.cycle,
            ended.end
        );
        report
            .at(place(Some(stage), Keyword::From, word.tag_span(), &word.expanded.text), message)
            .help("move to a version that is maintained");
    }
}
