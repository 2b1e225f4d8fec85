//! The control plane's own programs, as static pods and kubeadm's configuration start them.
//!
//! Decided by the command line alone. A program is known by its name at the head of `command` (or behind a launcher), or
//! by its image where only `args` are written. One that a shell script starts is not recognised. kubeadm adds flags of
//! its own, so that its `extraArgs` are wrong by what they say and never by what they leave out.

mod apiserver;
mod controller_manager;
mod etcd;
mod flags;
mod kubelet;
mod scheduler;

pub(super) use apiserver::RULES as APISERVER;
pub(super) use controller_manager::RULES as CONTROLLER_MANAGER;
pub(super) use etcd::RULES as ETCD;
pub(super) use kubelet::RULES as KUBELET;
pub(super) use scheduler::RULES as SCHEDULER;
