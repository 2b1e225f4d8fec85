//! The packs.

use super::{Pack, Parameter, Shape};

/// All packs, by their names.
pub static PACKS: &[Pack] = &[
    Pack {
        name: "dockerfile-bases",
        about: "Which images Dockerfiles build upon and copy from.",
        parameters: &[Parameter {
            name: "images",
            shape: Shape::Repositories,
            about: "Repositories of base images that may be used, with `*` for a part of the path; behind `:` a pattern of tags.",
            rules: &["dockerfile-bases-not-allowed", "dockerfile-bases-source-not-allowed"],
        }],
        text: include_str!("../../../../policies/dockerfile-bases/dockerfile-bases.rego"),
    },
    Pack {
        name: "images",
        about: "Which images run, in manifests, Compose files and workflows.",
        parameters: &[
            Parameter {
                name: "registries",
                shape: Shape::Repositories,
                about: "Registries and repositories that images may come from, with `*` for a part of the path.",
                rules: &["images-registry-not-allowed"],
            },
            Parameter {
                name: "undigested",
                shape: Shape::Repositories,
                about: "Registries and repositories whose images need no digest.",
                rules: &[],
            },
        ],
        text: include_str!("../../../../policies/images/images.rego"),
    },
    Pack {
        name: "labels",
        about: "Which labels and annotations objects of Kubernetes have.",
        parameters: &[
            Parameter {
                name: "annotations",
                shape: Shape::TextsByName,
                about: "Annotations that are required, by kind; below `*` of every object.",
                rules: &["labels-annotation-missing"],
            },
            Parameter {
                name: "labels",
                shape: Shape::TextsByName,
                about: "Labels that are required, by kind; below `*` of every object.",
                rules: &["labels-label-missing"],
            },
            Parameter {
                name: "values",
                shape: Shape::TextsByName,
                about: "The values that a label may have, by label, with `*` for anything.",
                rules: &["labels-value-not-allowed"],
            },
        ],
        text: include_str!("../../../../policies/labels/labels.rego"),
    },
    Pack {
        name: "quotas",
        about: "What namespaces are bounded by, and how much containers and workloads may ask for.",
        parameters: &[
            Parameter {
                name: "ceilings",
                shape: Shape::Quantities,
                about: "The most that a container may request and be limited to, by resource.",
                rules: &["quotas-container-over-ceiling"],
            },
            Parameter {
                name: "exempt",
                shape: Shape::Texts,
                about: "Namespaces that need no quota and no limits, with `*` for anything.",
                rules: &[],
            },
            Parameter {
                name: "replicas",
                shape: Shape::Bounds,
                about: "The fewest and the most replicas of a workload.",
                rules: &["quotas-replicas-out-of-range"],
            },
        ],
        text: include_str!("../../../../policies/quotas/quotas.rego"),
    },
    Pack {
        name: "terraform-regions",
        about: "Where Terraform puts resources, and how large machines are.",
        parameters: &[
            Parameter {
                name: "instances",
                shape: Shape::Texts,
                about: "Types of machines that may be used, with `*` for anything.",
                rules: &["terraform-regions-instance-not-allowed"],
            },
            Parameter {
                name: "regions",
                shape: Shape::Texts,
                about: "Regions and locations that may be used, with `*` for anything.",
                rules: &["terraform-regions-region-not-allowed"],
            },
        ],
        text: include_str!("../../../../policies/terraform-regions/terraform-regions.rego"),
    },
    Pack {
        name: "terraform-tags",
        about: "Which tags resources of Terraform have.",
        parameters: &[
            Parameter {
                name: "exempt",
                shape: Shape::Texts,
                about: "Types of resources that need no tags, with `*` for anything.",
                rules: &[],
            },
            Parameter {
                name: "tags",
                shape: Shape::Texts,
                about: "Tags (labels, of Google's resources) that are required.",
                rules: &["terraform-tags-missing"],
            },
        ],
        text: include_str!("../../../../policies/terraform-tags/terraform-tags.rego"),
    },
    Pack {
        name: "workflows",
        about: "Which actions and runners workflows of GitHub use.",
        parameters: &[
            Parameter {
                name: "actions",
                shape: Shape::Texts,
                about: "Actions and reusable workflows that may be used, with `*` for a part of the path; with `@` and a version, that one alone.",
                rules: &["workflows-action-not-allowed"],
            },
            Parameter {
                name: "runners",
                shape: Shape::Texts,
                about: "Labels of runners that jobs may ask for, with `*` for anything; `group:NAME` for a group.",
                rules: &["workflows-runner-not-allowed"],
            },
        ],
        text: include_str!("../../../../policies/workflows/workflows.rego"),
    },
];
