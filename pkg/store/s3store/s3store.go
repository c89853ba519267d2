// Package s3store is the store in a bucket of Amazon S3.
//
// It owns how the promises of package store are kept there: conditional writes,
// uploads in parts, and which of S3's answers mean that a key is absent or taken.
// Who may reach the bucket, from where and with which credentials is decided by
// the configuration that it is given.
package s3store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const (
	// partSize is the most that goes up as one request, and the size of the
	// parts when there is more. 10,000 parts is what an upload may have: 80 GB.
	partSize = 8 << 20

	// attempts and maxBackoff are for when S3 asks to slow down, as it may when
	// thousands of workers begin at once under one prefix.
	attempts   = 6
	maxBackoff = 5 * time.Second

	// headerTimeout bounds the wait for an answer once a request has been sent. A
	// connection may have died while Lambda kept its process frozen.
	headerTimeout = 10 * time.Second

	// abortTimeout bounds the removal of the parts of an upload that failed.
	abortTimeout = 10 * time.Second

	// creator is metadata of a key that Create or Update wrote: who.
	creator = "salvo-creator"

	// updateBackoff is how long an update that lost against another waits at most
	// before it begins again, and what it starts from.
	updateBackoff, maxUpdateBackoff = 20 * time.Millisecond, time.Second
)

// Store is a bucket as a store.Store.
type Store struct {
	client *s3.Client
	bucket string
}

// New opens a bucket. It sends nothing; a bucket that is not there, or may not be
// reached, shows in the errors of the methods.
func New(c aws.Config, bucket string) *Store {
	return &Store{bucket: bucket, client: s3.NewFromConfig(c, func(o *s3.Options) {
		// Emulators and other servers that speak S3 do not have a host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
		// Objects that went up in parts have no checksum of the whole; that is nothing to warn of.
		o.DisableLogOutputChecksumValidationSkipped = true
		if c.Retryer == nil {
			// S3 wants a conditional write to be tried again that met another of the same key.
			o.Retryer = retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, maxBackoff
			}), "ConditionalRequestConflict")
		}
		if client, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = client.WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = headerTimeout })
		}
	})}
}

// Put implements store.Store: one request for what fits into a part, and else an
// upload in parts, which shows when it is complete.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	if err := checkKey("put", key); err != nil {
		return err
	}
	first, whole, err := firstPart(r)
	if err != nil {
		return s.failed("put", key, err)
	}
	if whole {
		_, err = s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(first)})
	} else {
		err = s.upload(ctx, key, first, r)
	}
	return s.failed("put", key, err)
}

// firstPart reads what one request may carry, and tells whether that is all.
func firstPart(r io.Reader) (part []byte, whole bool, err error) {
	var buf bytes.Buffer
	n, err := io.CopyN(&buf, r, partSize)
	if errors.Is(err, io.EOF) {
		return buf.Bytes(), true, nil
	}
	return buf.Bytes()[:n], false, err
}

// upload puts part, which is full, and the rest of r. It holds one part at a time:
// all parts have a known length and can be read again, which requests without TLS
// need for their checksums, and all for being retried.
func (s *Store) upload(ctx context.Context, key string, part []byte, r io.Reader) (err error) {
	made, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		// Parts cost until they are removed, also when ctx has ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		_, abortErr := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key, UploadId: made.UploadId})
		if abortErr != nil {
			err = fmt.Errorf("%w; its parts could not be removed: %w", err, abortErr)
		}
	}()
	var done []types.CompletedPart
	for number := int32(1); len(part) > 0; number++ {
		sent, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &s.bucket, Key: &key, UploadId: made.UploadId, PartNumber: &number,
			Body: bytes.NewReader(part), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
		})
		if err != nil {
			return err
		}
		done = append(done, types.CompletedPart{PartNumber: aws.Int32(number), ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32})
		n, err := io.ReadFull(r, part[:partSize])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		part = part[:n]
	}
	_, err = s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &s.bucket, Key: &key, UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	return err
}

// Create implements store.Store by a conditional write. A request whose answer was
// lost is sent again and then finds the key taken, so the object says who made it.
func (s *Store) Create(ctx context.Context, key string, data []byte) error {
	if err := checkKey("create", key); err != nil {
		return err
	}
	me := rand.Text()
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(data), IfNoneMatch: aws.String("*"),
		Metadata: map[string]string{creator: me},
	})
	if hasCode(err, "PreconditionFailed") {
		if s.wrote(ctx, key, me) {
			return nil
		}
		return &fs.PathError{Op: "create", Path: key, Err: fs.ErrExist}
	}
	return s.failed("create", key, err)
}

// Update implements store.Store: a write on the condition that the key still holds
// what change got, and all of it again when it does not.
func (s *Store) Update(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error {
	if err := checkKey("update", key); err != nil {
		return err
	}
	for backoff := updateBackoff; ; backoff = min(2*backoff, maxUpdateBackoff) {
		old, tag, err := s.tagged(ctx, key)
		if err != nil {
			return s.failed("update", key, err)
		}
		fresh, err := change(old)
		if err != nil || fresh == nil || old != nil && bytes.Equal(fresh, old) {
			return err
		}
		me := rand.Text()
		in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(fresh), Metadata: map[string]string{creator: me}}
		if old == nil {
			in.IfNoneMatch = aws.String("*")
		} else {
			in.IfMatch = &tag
		}
		if _, err = s.client.PutObject(ctx, in); !hasCode(err, "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey") {
			return s.failed("update", key, err)
		}
		if s.wrote(ctx, key, me) {
			return nil
		}
		select {
		case <-ctx.Done():
			return s.failed("update", key, ctx.Err())
		case <-time.After(backoff/2 + mathrand.N(backoff)):
		}
	}
}

// tagged reads a key, and the tag that tells this value from others. The value is
// nil when the key is absent.
func (s *Store) tagged(ctx context.Context, key string) (value []byte, tag string, err error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if s.absent(ctx, key, err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	defer out.Body.Close()
	value, err = io.ReadAll(out.Body)
	return value, aws.ToString(out.ETag), err
}

// wrote tells whether what a key holds was written by me: a request whose answer
// was lost is sent again, and then meets what it has written itself.
func (s *Store) wrote(ctx context.Context, key, me string) bool {
	there, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	return err == nil && there.Metadata[creator] == me
}

// Get implements store.Store. The value comes as it is read.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey("get", key); err != nil {
		return nil, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if s.absent(ctx, key, err) {
		return nil, &fs.PathError{Op: "get", Path: key, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, s.failed("get", key, err)
	}
	return out.Body, nil
}

// absent tells whether a key was not found. S3 says so only to those who may list
// the bucket, and to others that they may not read the key. Whoever may list a
// prefix alone could be taken for either, so the listing of the key decides.
func (s *Store) absent(ctx context.Context, key string, err error) bool {
	if !hasCode(err, "AccessDenied", "Forbidden") {
		return hasCode(err, "NoSuchKey", "NotFound")
	}
	page, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &key, MaxKeys: aws.Int32(1)})
	// Of all keys that begin with it, the key itself is the first.
	return err == nil && (len(page.Contents) == 0 || aws.ToString(page.Contents[0].Key) != key)
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.failed("list", prefix, err)
		}
		for _, object := range page.Contents {
			// The console makes folders as keys that end in a slash.
			if key := aws.ToString(object.Key); !strings.HasSuffix(key, "/") {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func checkKey(op, key string) error {
	if !fs.ValidPath(key) || key == "." {
		return &fs.PathError{Op: op, Path: key, Err: fs.ErrInvalid}
	}
	return nil
}

// failed says what failed, in few words: the SDK's own say the same more than once.
// What they wrap, a smithy.APIError for one, is still found by errors.As.
func (s *Store) failed(op, key string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{text: fmt.Sprintf("%s %s in the bucket %s: %s", op, key, s.bucket, reason(err)), err: err}
}

func reason(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		if api.ErrorMessage() == "" {
			return api.ErrorCode()
		}
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		return operation.Err.Error()
	}
	return err.Error()
}

type failure struct {
	text string
	err  error
}

// Error implements error.
func (f *failure) Error() string { return f.text }

// Unwrap gives the SDK's error.
func (f *failure) Unwrap() error { return f.err }

func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}
