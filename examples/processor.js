'use strict';

const { randomUUID } = require('crypto');

// Each worker has a module of its own: this counts the users of one worker. What has to be different
// for all users of a run comes from $index.
let users = 0;

module.exports = { makeUser, signIn, keepToken, checkAccount, wantsMore, tellRounds };

function makeUser(context, events, next) {
  users++;
  context.vars.user = { name: `user-${context.vars.$index}`, session: randomUUID(), rounds: 0 };
  return next();
}

function signIn(req, context, events, next) {
  req.headers['x-session'] = context.vars.user.session;
  req.json = { user: '{{ user.name }}', password: 'secret' }; // templates are filled in afterwards
  return next();
}

async function keepToken(req, res, context) {
  const { token } = JSON.parse(res.body);
  if (!token) {
    throw new Error(`no token, but status ${res.statusCode}`); // ends the user; the report counts it
  }
  context.vars.token = token;
}

async function checkAccount(req, res, context, events) {
  context.vars.user.rounds++;
  events.emit('counter', `accounts.${res.statusCode}`, 1);
  events.emit('histogram', 'accounts.bytes', res.body.length);
}

function wantsMore(context, next) {
  return next(context.vars.user.rounds < 3);
}

function tellRounds(context, events, next) {
  console.log(`${context.vars.user.name} is user ${users} of its worker`);
  return next();
}
