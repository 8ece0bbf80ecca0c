package server

import (
	"context"
	"net/url"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app/testing"
	"k8s.io/kubernetes/pkg/controller/job"
)

// startEtcd starts a store of one member on loopback ports and returns the address for its clients.
func startEtcd(t *testing.T) string {
	t.Helper()
	c := embed.NewConfig()
	c.Dir, c.LogLevel = t.TempDir(), "error"
	local := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	c.ListenClientUrls, c.ListenPeerUrls = []url.URL{local}, []url.URL{local}
	e, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	select {
	case <-e.Server.ReadyNotify():
	case <-time.After(time.Minute):
		t.Fatal("etcd was not ready within a minute")
	}
	return "http://" + e.Clients[0].Addr().String()
}

// startKubernetes starts an API server and the Job controller in this process.
func startKubernetes(t *testing.T) *kubernetes.Clientset {
	t.Helper()
	store := storagebackend.NewDefaultConfig("registry", nil)
	store.Transport.ServerList = []string{startEtcd(t)}
	// Service accounts need a controller of their own, and no pod of ours talks to the API server.
	server := apiserver.StartTestServerOrDie(t, apiserver.NewDefaultTestServerOptions(),
		[]string{"--disable-admission-plugins=ServiceAccount"}, store)
	t.Cleanup(server.TearDownFn)

	config := rest.CopyConfig(server.ClientConfig)
	config.QPS, config.Burst = 1000, 1000
	client := kubernetes.NewForConfigOrDie(config)

	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	shared := informers.NewSharedInformerFactory(client, 0)
	controller, err := job.NewController(ctx, client, shared.Core().V1().Pods(), shared.Batch().V1().Jobs(),
		shared.Scheduling().V1beta1().Workloads(), shared.Scheduling().V1beta1().PodGroups())
	if err != nil {
		t.Fatal(err)
	}
	shared.Start(ctx.Done())
	go controller.Run(ctx, 2)
	return client
}
