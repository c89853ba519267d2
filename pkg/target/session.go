package target

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// maxSessions is how many logins can be logged out one by one. A later one keeps
// its token; logging out only takes its cookie away.
const maxSessions = 1 << 24

const cookieName = "session"

// sessions hands out tokens that carry what they stand for, signed, so that a
// million logins need no memory but one bit each for those that have ended.
type sessions struct {
	key   [32]byte
	next  atomic.Uint64
	ended bitmap
}

func (s *sessions) init() {
	_, _ = rand.Read(s.key[:]) // never fails: crypto/rand ends the program instead
	s.ended.size = maxSessions
}

func (s *sessions) sign(payload []byte) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write(payload)
	return mac.Sum(nil)[:16]
}

func (s *sessions) token(user string) string {
	payload := binary.BigEndian.AppendUint64(nil, s.next.Add(1)-1)
	payload = append(payload, user...)
	return base64.RawURLEncoding.EncodeToString(append(s.sign(payload), payload...))
}

// open returns who a token belongs to, and its serial number.
func (s *sessions) open(token string) (user string, serial uint64, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(data) < 16+8 {
		return "", 0, false
	}
	signature, payload := data[:16], data[16:]
	if subtle.ConstantTimeCompare(signature, s.sign(payload)) != 1 {
		return "", 0, false
	}
	serial = binary.BigEndian.Uint64(payload)
	if s.ended.has(serial) {
		return "", 0, false
	}
	return string(payload[8:]), serial, true
}

// of finds the session of a request, in its Authorization header or its cookie.
func (s *sessions) of(r *http.Request) (user string, serial uint64, ok bool) {
	if token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer {
		return s.open(token)
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", 0, false
	}
	return s.open(cookie.Value)
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodPost {
		return refuseMethod(w, "POST")
	}
	user, password, ok := credentials(r)
	if !ok || user == "" || password == "" {
		return refuse(w, http.StatusBadRequest, "want user and password, as JSON or as a form")
	}
	if password == "wrong" {
		return refuse(w, http.StatusUnauthorized, "wrong password")
	}
	token := s.sessions.token(user)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	body := append([]byte(`{"token":`), ""...)
	body = appendString(body, token)
	body = append(body, `,"user":`...)
	body = appendString(body, user)
	return answerJSON(w, http.StatusOK, append(body, '}'))
}

func credentials(r *http.Request) (user, password string, ok bool) {
	data, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return "", "", false
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(data))
		return form.Get("user"), form.Get("password"), err == nil
	}
	var doc struct {
		User     string `json:"user"`
		Password string `json:"password"`
	}
	err = json.Unmarshal(data, &doc)
	return doc.User, doc.Password, err == nil
}

func (s *Server) account(w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return refuseMethod(w, "GET")
	}
	user, _, ok := s.sessions.of(r)
	if !ok {
		return refuseStranger(w)
	}
	return answerJSON(w, http.StatusOK, append(appendString([]byte(`{"user":`), user), `,"balance":100}`...))
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodPost {
		return refuseMethod(w, "POST")
	}
	user, serial, ok := s.sessions.of(r)
	if !ok {
		return refuseStranger(w)
	}
	s.sessions.ended.set(serial)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return answerJSON(w, http.StatusOK, append(appendString([]byte(`{"user":`), user), `,"loggedOut":true}`...))
}

func refuseStranger(w http.ResponseWriter) int {
	w.Header().Set("WWW-Authenticate", "Bearer")
	return refuse(w, http.StatusUnauthorized, "log in first: POST /login")
}
