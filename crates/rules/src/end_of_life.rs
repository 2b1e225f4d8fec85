//! When versions of what images are built on stop getting security fixes.
//!
//! Decided by image name and tag alone. A version that is not listed is either still maintained or its date was not
//! certain when the table was written: nothing is said of it. Dates are the last day with fixes for everybody; paid
//! extensions do not count. They are those of the source that each product names, compared with endoflife.date (MIT) as of
//! 2026-08-22.

use crate::Date;

/// A version of a product, and the day when its fixes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// As people call it.
    pub(crate) product: &'static str,
    /// The version line, or the release's code name.
    pub(crate) cycle: &'static str,
    /// The last day.
    pub(crate) end: Date,
}

/// What an image's tag says it holds that has a known end: the product itself, then the distribution below it
/// (`22-alpine3.16`). `repository` has its registry: `docker.io/library/node`.
pub(crate) fn of_image(repository: &str, tag: &str) -> Vec<Ended> {
    let mut pieces = tag.split('-');
    let version = pieces.next().unwrap_or_default();
    let product = product(repository).and_then(|name| TABLE.iter().find(|product| product.name == name));
    let own = product.and_then(|product| product.cycle(version));
    // The tags of these images end in the distribution that they are built on.
    let distributions = product.iter().flat_map(|_| pieces.clone()).find_map(distribution);
    own.into_iter().chain(distributions).collect()
}

fn product(repository: &str) -> Option<&str> {
    if let Some(path) = repository.strip_prefix("mcr.microsoft.com/dotnet/") {
        return (!path.starts_with("framework/")).then_some("dotnet");
    }
    // Docker Hub's official images, and the mirrors that keep their path.
    let (_, name) = repository.rsplit_once("/library/")?;
    Some(match name {
        "amazoncorretto" => "eclipse-temurin",
        name => name,
    })
}

/// The distribution that a piece of a tag names: `alpine3.16`, `buster`, `focal`.
fn distribution(piece: &str) -> Option<Ended> {
    let in_product = |name: &str, version: &str| TABLE.iter().find(|product| product.name == name)?.cycle(version);
    if let Some(version) = piece.strip_prefix("alpine") {
        return in_product("alpine", version);
    }
    if !piece.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    in_product("debian", piece).or_else(|| in_product("ubuntu", piece))
}

struct Product {
    name: &'static str,
    title: &'static str,
    /// Version lines and code names, each with year, month and day.
    cycles: &'static [(&'static str, u16, u8, u8)],
}

impl Product {
    /// The most exact line that a version belongs to.
    fn cycle(&self, version: &str) -> Option<Ended> {
        // Java's old updates are written `8u342`.
        let is_in = |cycle: &str| {
            version.strip_prefix(cycle).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', 'u']))
        };
        let matching = self.cycles.iter().filter(|(cycle, ..)| is_in(cycle));
        let &(cycle, year, month, day) = matching.max_by_key(|(cycle, ..)| cycle.len())?;
        Some(Ended { product: self.title, cycle, end: Date { year, month, day } })
    }
}

static TABLE: &[Product] = &[
    // Node.js: the Release working group's schedule.
    Product {
        name: "node",
        title: "Node.js",
        cycles: &[
            ("4", 2018, 4, 30),
            ("5", 2016, 6, 30),
            ("6", 2019, 4, 30),
            ("7", 2017, 6, 30),
            ("8", 2019, 12, 31),
            ("9", 2018, 6, 30),
            ("10", 2021, 4, 30),
            ("11", 2019, 6, 1),
            ("12", 2022, 4, 30),
            ("13", 2020, 6, 1),
            ("14", 2023, 4, 30),
            ("15", 2021, 6, 1),
            ("16", 2023, 9, 11),
            ("17", 2022, 6, 1),
            ("18", 2025, 4, 30),
            ("19", 2023, 6, 1),
            ("20", 2026, 4, 30),
            ("21", 2024, 6, 1),
            ("22", 2027, 4, 30),
            ("23", 2025, 6, 1),
            ("24", 2028, 4, 30),
            ("25", 2026, 6, 1),
            ("fermium", 2023, 4, 30),
            ("gallium", 2023, 9, 11),
            ("hydrogen", 2025, 4, 30),
            ("iron", 2026, 4, 30),
            ("jod", 2027, 4, 30),
        ],
    },
    // Python: the developer's guide, "Status of Python versions".
    Product {
        name: "python",
        title: "Python",
        cycles: &[
            ("2", 2020, 1, 1),
            ("3.3", 2017, 9, 29),
            ("3.4", 2019, 3, 18),
            ("3.5", 2020, 9, 30),
            ("3.6", 2021, 12, 23),
            ("3.7", 2023, 6, 27),
            ("3.8", 2024, 10, 7),
            ("3.9", 2025, 10, 31),
            ("3.10", 2026, 10, 31),
            ("3.11", 2027, 10, 31),
            ("3.12", 2028, 10, 31),
        ],
    },
    // Go: a release ends with the second one after it; the release history has the days.
    Product {
        name: "golang",
        title: "Go",
        cycles: &[
            ("1.10", 2019, 2, 25),
            ("1.11", 2019, 9, 3),
            ("1.12", 2020, 2, 25),
            ("1.13", 2020, 8, 11),
            ("1.14", 2021, 2, 16),
            ("1.15", 2021, 8, 16),
            ("1.16", 2022, 3, 15),
            ("1.17", 2022, 8, 2),
            ("1.18", 2023, 2, 1),
            ("1.19", 2023, 8, 8),
            ("1.20", 2024, 2, 6),
            ("1.21", 2024, 8, 13),
            ("1.22", 2025, 2, 11),
            ("1.23", 2025, 8, 12),
            ("1.24", 2026, 2, 10),
            ("1.25", 2026, 8, 19),
        ],
    },
    // Debian: the wiki's LTS page; LTS is free and comes by the same archive.
    Product {
        name: "debian",
        title: "Debian",
        cycles: &[
            ("7", 2018, 5, 31),
            ("8", 2020, 6, 30),
            ("9", 2022, 6, 30),
            ("10", 2024, 6, 30),
            ("11", 2026, 8, 31),
            ("12", 2028, 6, 30),
            ("wheezy", 2018, 5, 31),
            ("jessie", 2020, 6, 30),
            ("stretch", 2022, 6, 30),
            ("buster", 2024, 6, 30),
            ("bullseye", 2026, 8, 31),
            ("bookworm", 2028, 6, 30),
        ],
    },
    // Ubuntu: the release cycle page; standard support, without Pro.
    Product {
        name: "ubuntu",
        title: "Ubuntu",
        cycles: &[
            ("12.04", 2017, 4, 28),
            ("12.10", 2014, 5, 16),
            ("13.04", 2014, 1, 27),
            ("13.10", 2014, 7, 17),
            ("14.04", 2019, 4, 25),
            ("14.10", 2015, 7, 23),
            ("15.04", 2016, 2, 4),
            ("15.10", 2016, 7, 28),
            ("16.04", 2021, 4, 30),
            ("16.10", 2017, 7, 20),
            ("17.04", 2018, 1, 13),
            ("17.10", 2018, 7, 19),
            ("18.04", 2023, 5, 31),
            ("18.10", 2019, 7, 18),
            ("19.04", 2020, 1, 23),
            ("19.10", 2020, 7, 17),
            ("20.04", 2025, 5, 31),
            ("20.10", 2021, 7, 22),
            ("21.04", 2022, 1, 20),
            ("21.10", 2022, 7, 14),
            ("22.10", 2023, 7, 20),
            ("23.04", 2024, 1, 25),
            ("23.10", 2024, 7, 11),
            ("24.10", 2025, 7, 10),
            ("25.04", 2026, 1, 17),
            ("25.10", 2026, 7, 1),
            ("artful", 2018, 7, 19),
            ("bionic", 2023, 5, 31),
            ("cosmic", 2019, 7, 18),
            ("disco", 2020, 1, 23),
            ("eoan", 2020, 7, 17),
            ("focal", 2025, 5, 31),
            ("groovy", 2021, 7, 22),
            ("hirsute", 2022, 1, 20),
            ("impish", 2022, 7, 14),
            ("kinetic", 2023, 7, 20),
            ("lunar", 2024, 1, 25),
            ("mantic", 2024, 7, 11),
            ("oracular", 2025, 7, 10),
            ("plucky", 2026, 1, 17),
            ("precise", 2017, 4, 28),
            ("quantal", 2014, 5, 16),
            ("questing", 2026, 7, 1),
            ("raring", 2014, 1, 27),
            ("saucy", 2014, 7, 17),
            ("trusty", 2019, 4, 25),
            ("utopic", 2015, 7, 23),
            ("vivid", 2016, 2, 4),
            ("wily", 2016, 7, 28),
            ("xenial", 2021, 4, 30),
            ("yakkety", 2017, 7, 20),
            ("zesty", 2018, 1, 13),
        ],
    },
    // Alpine Linux: the releases page.
    Product {
        name: "alpine",
        title: "Alpine",
        cycles: &[
            ("3.1", 2016, 11, 1),
            ("3.2", 2017, 5, 1),
            ("3.3", 2017, 11, 1),
            ("3.4", 2018, 5, 1),
            ("3.5", 2018, 11, 1),
            ("3.6", 2019, 5, 1),
            ("3.7", 2019, 11, 1),
            ("3.8", 2020, 5, 1),
            ("3.9", 2020, 11, 1),
            ("3.10", 2021, 5, 1),
            ("3.11", 2021, 11, 1),
            ("3.12", 2022, 5, 1),
            ("3.13", 2022, 11, 1),
            ("3.14", 2023, 5, 1),
            ("3.15", 2023, 11, 1),
            ("3.16", 2024, 5, 23),
            ("3.17", 2024, 11, 22),
            ("3.18", 2025, 5, 9),
            ("3.19", 2025, 11, 1),
            ("3.20", 2026, 4, 1),
            ("3.21", 2026, 11, 1),
            ("3.22", 2027, 5, 1),
            ("3.23", 2027, 11, 1),
        ],
    },
    // PostgreSQL: the versioning policy.
    Product {
        name: "postgres",
        title: "PostgreSQL",
        cycles: &[
            ("9", 2021, 11, 11),
            ("9.1", 2016, 10, 27),
            ("9.2", 2017, 11, 9),
            ("9.3", 2018, 11, 8),
            ("9.4", 2020, 2, 13),
            ("9.5", 2021, 2, 11),
            ("9.6", 2021, 11, 11),
            ("10", 2022, 11, 10),
            ("11", 2023, 11, 9),
            ("12", 2024, 11, 21),
            ("13", 2025, 11, 13),
            ("14", 2026, 11, 12),
            ("15", 2027, 11, 11),
            ("16", 2028, 11, 9),
            ("17", 2029, 11, 8),
        ],
    },
    // Redis: the release cycle page; lines whose end was moved are left out.
    Product {
        name: "redis",
        title: "Redis",
        cycles: &[
            ("4", 2020, 4, 30),
            ("5", 2022, 4, 27),
            ("6.0", 2022, 5, 31),
            ("7.0", 2024, 7, 29),
            ("8.0", 2026, 12, 1),
        ],
    },
    // nginx: a line ends with the stable release after it; the changelog has the days.
    Product {
        name: "nginx",
        title: "nginx",
        cycles: &[
            ("1.10", 2017, 4, 12),
            ("1.12", 2018, 4, 17),
            ("1.14", 2019, 4, 23),
            ("1.15", 2019, 4, 23),
            ("1.16", 2020, 4, 21),
            ("1.17", 2020, 4, 21),
            ("1.18", 2021, 4, 20),
            ("1.19", 2021, 4, 20),
            ("1.20", 2022, 5, 24),
            ("1.21", 2022, 5, 24),
            ("1.22", 2023, 4, 11),
            ("1.23", 2023, 4, 11),
            ("1.24", 2024, 4, 23),
            ("1.25", 2024, 4, 23),
            ("1.26", 2025, 4, 23),
            ("1.27", 2025, 4, 23),
            ("1.28", 2026, 4, 14),
            ("1.29", 2026, 5, 13),
        ],
    },
    // OpenJDK releases without long-term support end with the next one (the JDK project's schedule); Adoptium's and
    // Amazon's support pages have the others.
    Product {
        name: "eclipse-temurin",
        title: "Java",
        cycles: &[
            ("16", 2021, 10, 31),
            ("18", 2022, 9, 20),
            ("19", 2023, 3, 21),
            ("20", 2023, 9, 19),
            ("22", 2024, 9, 17),
            ("23", 2025, 3, 18),
            ("24", 2025, 9, 16),
            ("26", 2026, 9, 15),
        ],
    },
    // The image's own page on Docker Hub: deprecated, without releases since then.
    Product {
        name: "openjdk",
        title: "the openjdk image of Java",
        cycles: &[
            ("7", 2022, 7, 31),
            ("8", 2022, 7, 31),
            ("11", 2022, 7, 31),
            ("14", 2022, 7, 31),
            ("15", 2022, 7, 31),
            ("16", 2022, 7, 31),
            ("17", 2022, 7, 31),
            ("18", 2022, 7, 31),
        ],
    },
    // .NET: Microsoft's support policy.
    Product {
        name: "dotnet",
        title: ".NET",
        cycles: &[
            ("1.0", 2019, 6, 27),
            ("1.1", 2019, 6, 27),
            ("2.0", 2018, 10, 1),
            ("2.1", 2021, 8, 21),
            ("2.2", 2019, 12, 23),
            ("3.0", 2020, 3, 3),
            ("3.1", 2022, 12, 13),
            ("5.0", 2022, 5, 10),
            ("6.0", 2024, 11, 12),
            ("7.0", 2024, 5, 14),
            ("8.0", 2026, 11, 10),
            ("9.0", 2026, 11, 10),
        ],
    },
    // PHP: the supported versions page.
    Product {
        name: "php",
        title: "PHP",
        cycles: &[
            ("5", 2018, 12, 31),
            ("7.0", 2019, 1, 10),
            ("7.1", 2019, 12, 1),
            ("7.2", 2020, 11, 30),
            ("7.3", 2021, 12, 6),
            ("7.4", 2022, 11, 28),
            ("7", 2022, 11, 28),
            ("8.0", 2023, 11, 26),
            ("8.1", 2025, 12, 31),
            ("8.2", 2026, 12, 31),
            ("8.3", 2027, 12, 31),
            ("8.4", 2028, 12, 31),
        ],
    },
    // Ruby: the maintenance branches page.
    Product {
        name: "ruby",
        title: "Ruby",
        cycles: &[
            ("2", 2023, 3, 31),
            ("2.1", 2017, 3, 31),
            ("2.2", 2018, 3, 31),
            ("2.3", 2019, 3, 31),
            ("2.4", 2020, 3, 31),
            ("2.5", 2021, 4, 5),
            ("2.6", 2022, 4, 12),
            ("2.7", 2023, 3, 31),
            ("3.0", 2024, 4, 23),
            ("3.1", 2025, 3, 26),
            ("3.2", 2026, 3, 31),
            ("3.3", 2027, 3, 31),
        ],
    },
    // CentOS: the project's announcements.
    Product {
        name: "centos",
        title: "CentOS",
        cycles: &[
            ("5", 2017, 3, 31),
            ("6", 2020, 11, 30),
            ("7", 2024, 6, 30),
            ("8", 2021, 12, 31),
            ("centos6", 2020, 11, 30),
            ("centos7", 2024, 6, 30),
            ("centos8", 2021, 12, 31),
        ],
    },
    // MySQL: Oracle's lifetime support policy.
    Product {
        name: "mysql",
        title: "MySQL",
        cycles: &[
            ("5.5", 2018, 12, 31),
            ("5.6", 2021, 2, 5),
            ("5.7", 2023, 10, 31),
            ("8.0", 2026, 4, 30),
            ("8.1", 2023, 10, 25),
            ("8.2", 2023, 12, 14),
            ("8.3", 2024, 4, 10),
            ("9.0", 2024, 10, 15),
            ("9.1", 2025, 1, 21),
            ("9.2", 2025, 4, 15),
            ("9.3", 2025, 7, 22),
            ("9.4", 2025, 10, 21),
            ("9.5", 2026, 1, 20),
            ("9.6", 2026, 4, 21),
        ],
    },
    // MongoDB: the support policy.
    Product {
        name: "mongo",
        title: "MongoDB",
        cycles: &[
            ("3.0", 2018, 2, 28),
            ("3.2", 2018, 9, 30),
            ("3.4", 2020, 1, 31),
            ("3.6", 2021, 4, 30),
            ("4.0", 2022, 4, 30),
            ("4.2", 2023, 4, 30),
            ("4.4", 2024, 2, 29),
            ("5.0", 2024, 10, 31),
            ("5.1", 2022, 1, 19),
            ("5.2", 2022, 3, 23),
            ("5.3", 2022, 7, 19),
            ("6.0", 2025, 7, 31),
            ("6.1", 2023, 2, 9),
            ("6.2", 2023, 4, 24),
            ("6.3", 2023, 8, 31),
            ("7.1", 2024, 1, 23),
            ("7.2", 2024, 3, 27),
            ("7.3", 2024, 10, 2),
            ("8.1", 2025, 9, 30),
            ("8.2", 2026, 7, 31),
        ],
    },
    // MariaDB: the maintenance policy.
    Product {
        name: "mariadb",
        title: "MariaDB",
        cycles: &[
            ("5.3", 2017, 3, 1),
            ("5.5", 2020, 4, 11),
            ("10.0", 2019, 3, 31),
            ("10.1", 2020, 10, 17),
            ("10.2", 2022, 5, 23),
            ("10.3", 2023, 5, 25),
            ("10.4", 2024, 6, 18),
            ("10.5", 2025, 6, 24),
            ("10.6", 2026, 7, 6),
            ("10.7", 2023, 2, 9),
            ("10.8", 2023, 5, 20),
            ("10.9", 2023, 8, 22),
            ("10.10", 2023, 11, 17),
            ("11.0", 2024, 6, 6),
            ("11.1", 2024, 8, 21),
            ("11.2", 2024, 11, 21),
            ("11.3", 2024, 5, 29),
            ("11.5", 2024, 11, 21),
            ("11.6", 2025, 2, 13),
            ("11.7", 2025, 5, 12),
            ("12.0", 2025, 11, 18),
            ("12.1", 2026, 2, 13),
            ("12.2", 2026, 5, 28),
        ],
    },
    // RabbitMQ: the release information page, community support.
    Product {
        name: "rabbitmq",
        title: "RabbitMQ",
        cycles: &[
            ("3.6", 2018, 5, 31),
            ("3.7", 2020, 9, 30),
            ("3.8", 2022, 7, 31),
            ("3.9", 2023, 1, 31),
            ("3.10", 2022, 9, 28),
            ("3.11", 2023, 6, 1),
            ("3.12", 2024, 2, 21),
            ("3.13", 2024, 9, 17),
            ("4.0", 2025, 4, 15),
            ("4.1", 2026, 1, 30),
            ("4.2", 2026, 7, 31),
        ],
    },
    // Elastic: the end of life policy.
    Product { name: "elasticsearch", title: "Elasticsearch", cycles: &[("6", 2022, 2, 10), ("7", 2026, 1, 15)] },
    // As above.
    Product { name: "kibana", title: "Kibana", cycles: &[("6", 2022, 2, 10), ("7", 2026, 1, 15)] },
    // As above.
    Product { name: "logstash", title: "Logstash", cycles: &[("6", 2022, 2, 10), ("7", 2026, 1, 15)] },
    // Fedora: the schedules of its releases.
    Product {
        name: "fedora",
        title: "Fedora",
        cycles: &[
            ("24", 2017, 8, 8),
            ("25", 2017, 12, 12),
            ("26", 2018, 5, 29),
            ("27", 2018, 11, 30),
            ("28", 2019, 5, 28),
            ("29", 2019, 11, 26),
            ("30", 2020, 5, 26),
            ("31", 2020, 11, 24),
            ("32", 2021, 5, 25),
            ("33", 2021, 11, 30),
            ("34", 2022, 6, 7),
            ("35", 2022, 12, 13),
            ("36", 2023, 5, 16),
            ("37", 2023, 12, 5),
            ("38", 2024, 5, 21),
            ("39", 2024, 11, 26),
            ("40", 2025, 5, 13),
            ("41", 2025, 12, 15),
            ("42", 2026, 5, 27),
            ("43", 2026, 12, 9),
        ],
    },
    // Amazon Linux: Amazon's frequently asked questions.
    Product {
        name: "amazonlinux",
        title: "Amazon Linux",
        cycles: &[("1", 2023, 12, 31), ("2018.03", 2023, 12, 31), ("2017.09", 2023, 12, 31), ("2", 2026, 6, 30)],
    },
    // HAProxy: the table of versions.
    Product {
        name: "haproxy",
        title: "HAProxy",
        cycles: &[
            ("1.4", 2020, 1, 10),
            ("1.5", 2020, 1, 10),
            ("1.6", 2020, 10, 1),
            ("1.7", 2021, 10, 1),
            ("1.8", 2022, 12, 9),
            ("1.9", 2020, 7, 31),
            ("2.0", 2024, 4, 5),
            ("2.1", 2021, 3, 18),
            ("2.2", 2025, 4, 23),
            ("2.3", 2022, 7, 27),
            ("2.4", 2026, 4, 1),
            ("2.5", 2023, 5, 2),
            ("2.7", 2024, 4, 5),
            ("2.9", 2025, 3, 21),
            ("3.1", 2026, 1, 1),
        ],
    },
    // Tomcat: the page about versions.
    Product {
        name: "tomcat",
        title: "Tomcat",
        cycles: &[("7", 2021, 3, 31), ("8.0", 2018, 6, 30), ("8.5", 2024, 3, 31), ("10.0", 2022, 10, 31)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `cycle date`, with a comma between the product and its distribution.
    fn show(image: &str) -> String {
        let (repository, tag) = image.rsplit_once(':').expect("every case has a tag");
        let ended: Vec<String> =
            of_image(repository, tag).iter().map(|ended| format!("{} {}", ended.cycle, ended.end)).collect();
        ended.join(", ")
    }

    #[test]
    fn tags_tell_the_version_line_and_the_distribution() {
        for (image, expected) in [
            ("docker.io/library/node:18", "18 2025-04-30"),
            ("docker.io/library/node:18.20.4-alpine3.16", "18 2025-04-30, 3.16 2024-05-23"),
            ("docker.io/library/node:24-buster-slim", "24 2028-04-30, buster 2024-06-30"),
            ("docker.io/library/node:180", ""),
            ("docker.io/library/node:lts-alpine", ""),
            ("public.ecr.aws/docker/library/node:16", "16 2023-09-11"),
            ("docker.io/example/node:16", ""),
            ("docker.io/library/python:3.1", ""),
            ("docker.io/library/python:3.13-bullseye", "bullseye 2026-08-31"),
            ("docker.io/library/debian:buster-20240612-slim", "buster 2024-06-30"),
            ("docker.io/library/ubuntu:18.04", "18.04 2023-05-31"),
            ("docker.io/library/php:7-fpm", "7 2022-11-28"),
            ("docker.io/library/php:7.3.33-fpm", "7.3 2021-12-06"),
            ("mcr.microsoft.com/dotnet/aspnet:6.0-focal", "6.0 2024-11-12, focal 2025-05-31"),
            ("mcr.microsoft.com/dotnet/framework/aspnet:4.8", ""),
            ("docker.io/library/openjdk:8u342-jdk", "8 2022-07-31"),
            ("docker.io/library/amazoncorretto:18", "18 2022-09-20"),
            ("docker.io/library/amazonlinux:2.0.20240412.0", "2 2026-06-30"),
            ("docker.io/library/amazonlinux:2023", ""),
            ("docker.io/library/mongo:4.4.29-focal", "4.4 2024-02-29, focal 2025-05-31"),
            ("docker.io/library/rabbitmq:3-management", ""),
            ("docker.io/library/fedora:39", "39 2024-11-26"),
            ("docker.io/library/redis:7", ""),
        ] {
            assert_eq!(show(image), expected, "{image}");
        }
    }

    #[test]
    fn every_cycle_is_listed_once_and_has_a_date() {
        for product in TABLE {
            for (index, (cycle, year, month, day)) in product.cycles.iter().enumerate() {
                let date: Result<Date, String> = format!("{year:04}-{month:02}-{day:02}").parse();
                assert!(date.is_ok(), "{} {cycle}", product.name);
                let is_twice = product.cycles.iter().skip(index + 1).any(|(other, ..)| other == cycle);
                assert!(!is_twice, "{} {cycle} is listed twice", product.name);
            }
        }
    }
}
