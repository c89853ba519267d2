// Package settings reads salvo.yml: how a stack on AWS is to look.
//
// It owns what the file may say, the defaults, and the faults, which name their
// line and column and are told all at once. It leaves to infra what is built of
// it, and to the command where the file lies.
package settings

import (
	"path"
	"slices"
)

// File is what the settings are called when nobody says otherwise: a file beside
// the user's scripts.
const File = "salvo.yml"

// Settings is a salvo.yml with its defaults filled in.
type Settings struct {
	Service string // with the stage it names the stack and all that is in it
	Stage   string
	Region  string // "": the one that the AWS CLI would use

	Architecture string // of the functions: ARM64 or X86
	Worker       Worker

	// MaxConcurrency is how many workers the plan of a run may have at once;
	// never more than are reserved.
	MaxConcurrency int

	Environment map[string]string // what scripts see as $env
	Secrets     map[string]Secret // the same, but looked up when a function starts

	VPC                 *VPC // nil: the workers are in no network of the user's
	Statements          []Statement
	ManagedPolicies     []string // ARNs, for the role of the workers
	PermissionsBoundary string   // the ARN of a policy, for every role; "" for none
	Tags                map[string]string
	LogRetention        int      // days
	RemoveData          bool     // the bucket goes with the stack
	Scripts             []string // what requests can name, relative to the file; monitoring's is not here
	Monitoring          Monitoring
}

// The architectures, as AWS calls them.
const (
	ARM64 = "arm64"
	X86   = "x86_64"
)

// Worker is the function that generates load.
type Worker struct {
	Memory              int // MB
	Timeout             int // seconds
	ReservedConcurrency int // taken from the account's for the workers alone; 0 for none
}

// Secret is where the value of an environment variable is kept.
type Secret struct {
	Service string // SSM or SecretsManager
	Name    string // of the parameter or the secret; of a secret also its ARN
	Key     string // of one value in a secret that is a JSON object; "" for all of it
}

// The services that keep secrets.
const (
	SSM            = "ssm"
	SecretsManager = "secretsmanager"
)

// String is the secret as salvo.yml and the functions' environment have it.
func (s Secret) String() string {
	if s.Key != "" {
		return s.Service + ":" + s.Name + "#" + s.Key
	}
	return s.Service + ":" + s.Name
}

// VPC is the network that the workers run in.
type VPC struct {
	Subnets, SecurityGroups []string // IDs
}

// Statement is one of an IAM policy, for the role of the workers.
type Statement struct {
	Effect             string // Allow or Deny
	Actions, Resources []string
}

// Monitoring runs a script on a schedule.
type Monitoring struct {
	Enabled       bool
	Schedule      string // an expression of EventBridge: "rate(1 minute)"
	Script        string // relative to the file
	Subscriptions []Subscription
	Alerts        Alerts
	SLO           *SLO // nil: there is no objective
}

// Alerts say when monitoring speaks.
type Alerts struct {
	RepeatEvery int `json:"repeatEvery"` // minutes between two alerts of one outage; 0: with each failing run
	After       int `json:"after"`       // so many runs have to fail
	Of          int `json:"of"`          // out of so many; 0: as many as After
}

// SLO is an objective for the share of good samples.
type SLO struct {
	Objective  float64 `json:"objective"`  // percent: 99.9
	WindowDays int     `json:"windowDays"` // that it is true of
}

// Subscription is who gets the alerts.
type Subscription struct {
	Protocol string // as SNS calls it: "email"
	Endpoint string // an address, a number, a URL or an ARN, by protocol
	Role     string // the ARN of the role that lets SNS write to a Firehose stream
}

// Default is what an empty file says.
func Default() *Settings {
	return &Settings{
		Service:        "salvo",
		Stage:          "dev",
		Architecture:   ARM64,
		Worker:         Worker{Memory: 1769, Timeout: 900},
		MaxConcurrency: 1000,
		LogRetention:   30,
		Monitoring:     Monitoring{Schedule: "rate(1 minute)", Script: "script.yml", Alerts: Alerts{RepeatEvery: 60, After: 1}},
	}
}

// StackName is what the stack is called, in CloudFormation and by the names of
// what is in it.
func (s *Settings) StackName() string { return s.Service + "-" + s.Stage }

// Deployed lists the scripts that are deployed with the stack, so that a request
// can name them: those of `scripts`, and the one that monitoring runs.
func (s *Settings) Deployed() []string {
	var deployed []string
	add := func(script string) {
		if script = path.Clean(script); !slices.Contains(deployed, script) {
			deployed = append(deployed, script)
		}
	}
	for _, script := range s.Scripts {
		add(script)
	}
	if s.Monitoring.Enabled {
		add(s.Monitoring.Script)
	}
	return deployed
}
