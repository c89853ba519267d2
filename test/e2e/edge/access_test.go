//go:build linux

package edge

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestStatement(t *testing.T) {
	tests := []struct {
		name, statement string
		demand          demand
		concerns        bool
	}{
		{
			"the very same", `{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}`,
			demand{action: "s3:GetObject", resource: "arn:aws:s3:::b/k"}, true,
		},
		{
			"one of a list", `{"Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["arn:aws:s3:::c/*", "arn:aws:s3:::b/*"]}`,
			demand{action: "s3:GetObject", resource: "arn:aws:s3:::b/k/l"}, true,
		},
		{
			"another action", `{"Action": "s3:PutObject", "Resource": "*"}`,
			demand{action: "s3:GetObject", resource: "arn:aws:s3:::b/k"}, false,
		},
		{
			"a star in the middle", `{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/runs/*/stop"}`,
			demand{action: "s3:GetObject", resource: "arn:aws:s3:::b/runs/r1/stop"}, true,
		},
		{
			"a star that does not reach", `{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/runs/*/stop"}`,
			demand{action: "s3:GetObject", resource: "arn:aws:s3:::b/runs/r1/stopped"}, false,
		},
		{
			"a condition that holds", `{"Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "runs/*"}}}`,
			demand{action: "s3:ListBucket", resource: "b", context: map[string]string{"s3:prefix": "runs/r1/"}}, true,
		},
		{
			"a condition that does not", `{"Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "runs/*"}}}`,
			demand{action: "s3:ListBucket", resource: "b", context: map[string]string{"s3:prefix": "bundles/"}}, false,
		},
		{
			"a condition on what is not there", `{"Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "*"}}}`,
			demand{action: "s3:ListBucket", resource: "b"}, false,
		},
		{
			"a condition if it is there", `{"Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLikeIfExists": {"s3:prefix": "runs/*"}}}`,
			demand{action: "s3:ListBucket", resource: "b"}, true,
		},
		{
			"a condition that nobody knows", `{"Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}`,
			demand{action: "s3:ListBucket", resource: "b"}, false,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var st statement
			if err := json.Unmarshal([]byte(test.statement), &st); err != nil {
				t.Fatal(err)
			}
			if got := st.concerns(test.demand); got != test.concerns {
				t.Errorf("it concerns it: %t", got)
			}
		})
	}
}

func TestS3Demand(t *testing.T) {
	tests := []struct {
		method, url, action, resource string
	}{
		{http.MethodGet, "/b/runs/r1/stop", "s3:GetObject", "arn:aws:s3:::b/runs/r1/stop"},
		{http.MethodHead, "/b/k", "s3:GetObject", "arn:aws:s3:::b/k"},
		{http.MethodGet, "/b?list-type=2&prefix=runs%2F", "s3:ListBucket", "arn:aws:s3:::b"},
		{http.MethodGet, "/b/?list-type=2", "s3:ListBucket", "arn:aws:s3:::b"},
		{http.MethodPut, "/b/k", "s3:PutObject", "arn:aws:s3:::b/k"},
		{http.MethodPost, "/b/k?uploads", "s3:PutObject", "arn:aws:s3:::b/k"},
		{http.MethodDelete, "/b/k?uploadId=1", "s3:AbortMultipartUpload", "arn:aws:s3:::b/k"},
		{http.MethodDelete, "/b/k", "s3:DeleteObject", "arn:aws:s3:::b/k"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.url, func(t *testing.T) {
			d := s3Demand(httptest.NewRequest(test.method, test.url, nil))
			if d.action != test.action || d.resource != test.resource {
				t.Errorf("%s on %s", d.action, d.resource)
			}
		})
	}
}
