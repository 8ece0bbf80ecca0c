// Package cluster tests the manifests that sweep prints for Kubernetes: its own types decode them strictly. It is a
// module of its own because those come with many others.
package cluster
