// A small WeChat for both generations of the gateway: contacts, rooms, messages, and what was sent.
//
// `makePuppet` turns the mock puppet of a generation into one that answers from a World; `commands`
// are what a test may do to it. Times are milliseconds since 1970, `ahead` of the machine's; ids are text.

const TYPES = {
  file: 1, history: 4, emoticon: 5, image: 6, text: 7, location: 8, mini: 9, note: 10, recall: 13,
  link: 14, video: 15, post: 16,
}
const RECEIVED = 2

export class World {
  constructor({ me, contacts, rooms, prefix, ahead = 0 }) {
    this.me = me
    this.ahead = ahead
    this.contacts = new Map(Object.entries(contacts))
    this.rooms = new Map(Object.entries(rooms))
    this.prefix = prefix
    this.messages = new Map()
    this.boxes = new Map()
    this.links = new Map()
    this.invitations = new Map()
    this.friendships = new Map()
    this.sent = []
    this.calls = []
    this.faults = new Map()
    this.count = 0
  }

  room(id) {
    const room = this.rooms.get(id)
    if (!room) throw new Error(`no room ${id}`)
    return room
  }

  now() { return Date.now() + this.ahead }

  nextId() {
    this.count += 1
    return `${this.prefix}-${this.count}`
  }

  keep(payload) {
    const id = payload.id ?? this.nextId()
    this.messages.set(id, { timestamp: this.now(), mentionIdList: [], text: '', ...payload, id })
    return id
  }
}

export function makePuppet({ PuppetMock, FileBox }, world) {
  const said = async (puppet, to, what) => {
    const room = world.rooms.has(to)
    const id = world.keep({
      type: TYPES.text, fromId: world.me, talkerId: world.me, ...(room ? { roomId: to } : {}),
      ...(room ? {} : { toId: to, listenerId: to }), text: what.text ?? '',
    })
    world.sent.push({ id, to, ...what })
    puppet.emit('message', { messageId: id })
    return id
  }

  class WorldPuppet extends PuppetMock {
    ding(data) { if (!world.faults.has('ding')) setImmediate(() => this.emit('dong', { data })) }

    async contactRawPayload(id) {
      const contact = world.contacts.get(id)
      if (!contact) throw new Error(`no contact ${id}`)
      return { id, gender: 0, type: 1, name: contact.name, avatar: '', phone: [], friend: true }
    }

    async messageRawPayload(id) {
      await fault('messagePayload')
      const message = world.messages.get(id)
      if (!message) throw new Error(`no message ${id}`)
      return message
    }
    async messageFile(id) { return world.boxes.get(id) }
    async messageImage(id) { return world.boxes.get(id) }
    async messageUrl(id) { return world.links.get(id) }
    async messageMiniProgram(id) { return world.links.get(id) }
    async messageRecall(id) { world.calls.push({ call: 'recall', id }); return false }
    async messageSendText(to, text, mentions) {
      await fault('messageSendText')
      const id = await said(this, to, { text, mentions: mentions ?? [] })
      await fault('messageSendText:answer')
      return id
    }

    async roomList() { await fault('roomList'); return [...world.rooms.keys()] }
    async roomRawPayload(id) {
      const room = world.room(id)
      return {
        id, topic: room.topic, ownerId: room.owner, adminIdList: room.admins ?? [],
        memberIdList: Object.keys(room.members), avatar: '',
      }
    }
    async roomMemberList(id) { return Object.keys(world.room(id).members) }
    async roomMemberRawPayload(id, contact) {
      const alias = world.room(id).members[contact]
      if (alias === undefined) throw new Error(`no member ${contact}`)
      return { id: contact, roomAlias: alias, name: world.contacts.get(contact).name, avatar: '' }
    }
    async roomDel(id, contact) {
      await fault('roomDel')
      leave(this, id, contact, world.me)
    }
    async roomAdd(id, contact) { join(this, id, contact, world.me) }
    async roomTopic(id, topic) {
      if (topic === undefined) return world.room(id).topic
      return rename(this, id, topic, world.me)
    }
    async roomAnnounce(id, text) {
      if (text === undefined) return world.room(id).announcement ?? ''
      world.room(id).announcement = text
      world.calls.push({ call: 'announce', id, text })
    }
    async contactAlias(id, alias) {
      if (alias === undefined) return world.contacts.get(id).alias ?? ''
      world.contacts.get(id).alias = alias
    }

    async roomInvitationRawPayload(id) { return world.invitations.get(id) }
    async roomInvitationAccept(id) {
      const invitation = world.invitations.get(id)
      if (!invitation) throw new Error(`no invitation ${id}`)
      world.calls.push({ call: 'accept', id })
      join(this, invitation.room, world.me, invitation.inviterId)
    }
    async friendshipRawPayload(id) { return world.friendships.get(id) }
    async friendshipAccept(id) { world.calls.push({ call: 'befriend', id }) }
  }

  const fault = async (call) => {
    const kind = world.faults.get(call)
    if (kind === 'hang') await new Promise(() => {})
    if (kind !== undefined) throw new Error(kind)
  }
  const join = (puppet, id, contact, inviter) => {
    world.room(id).members[contact] = ''
    puppet.emit('room-join', {
      inviteeIdList: [contact], inviterId: inviter, roomId: id, timestamp: world.now(),
    })
  }
  const leave = (puppet, id, contact, remover) => {
    delete world.room(id).members[contact]
    puppet.emit('room-leave', {
      removeeIdList: [contact], removerId: remover, roomId: id, timestamp: world.now(),
    })
  }
  const rename = (puppet, id, topic, changer) => {
    const oldTopic = world.room(id).topic
    world.room(id).topic = topic
    puppet.emit('room-topic', {
      changerId: changer, newTopic: topic, oldTopic, roomId: id, timestamp: world.now(),
    })
  }
  const post = (puppet, { kind = 'text', room, sender, text = '', mentions = [], id, at, ...more }) => {
    const number = world.keep({
      ...(id ? { id } : {}), ...(at ? { timestamp: at } : {}), type: TYPES[kind],
      fromId: sender, talkerId: sender, text, mentionIdList: mentions,
      ...(room ? { roomId: room } : { toId: world.me, listenerId: world.me }),
      ...(more.name ? { filename: more.name } : {}),
    })
    if (kind === 'file' || kind === 'image') {
      const bytes = Buffer.alloc(more.size ?? 100, 'qungui')
      world.boxes.set(number, FileBox.fromBuffer(bytes, more.name ?? 'picture.jpg'))
    }
    if (kind === 'link' || kind === 'mini') world.links.set(number, more.card)
    puppet.emit('message', { messageId: number })
    return { message: number, at: world.messages.get(number).timestamp }
  }

  const commands = {
    post,
    burst: (puppet, { room, sender, count }) => {
      for (let index = 0; index < count; index += 1) {
        post(puppet, { room, sender, text: `第${index}条` })
      }
      return {}
    },
    join: (puppet, { room, user, by }) => join(puppet, room, user, by ?? user),
    leave: (puppet, { room, user, by }) => leave(puppet, room, user, by ?? user),
    topic: (puppet, { room, topic, by }) => rename(puppet, room, topic, by ?? world.room(room).owner),
    owner: (_, { room, user }) => { world.room(room).owner = user },
    admins: (_, { room, users }) => { world.room(room).admins = users },
    alias: (_, { room, user, alias }) => { world.room(room).members[user] = alias },
    contact: (_, { user, name }) => { world.contacts.set(user, { name }) },
    invite: (puppet, { room, by }) => {
      const id = world.nextId()
      world.invitations.set(id, {
        id, inviterId: by, topic: world.room(room).topic, memberCount: 3, memberIdList: [],
        timestamp: world.now(), avatar: '', invitation: '', receiverId: world.me, room,
      })
      puppet.emit('room-invite', { roomInvitationId: id })
      return { invitation: id }
    },
    befriend: (puppet, { user, hello }) => {
      const id = world.nextId()
      world.friendships.set(id, {
        id, contactId: user, hello, type: RECEIVED, timestamp: world.now(), ticket: '', scene: 0,
      })
      puppet.emit('friendship', { friendshipId: id })
      return { friendship: id }
    },
    login: (puppet, { user }) => { world.me = user ?? world.me; return puppet.login(world.me) },
    logout: (puppet) => puppet.logout('kicked out'),
    ahead: (_, { by }) => { world.ahead = by },
    again: (puppet) => { puppet.emit('login', { contactId: world.me }) },
    scan: (puppet, { code, status }) => { puppet.emit('scan', { qrcode: code, status: status ?? 2 }) },
    error: (puppet) => { puppet.emit('error', { data: 'something broke', gerror: '{}' }) },
    odd: (puppet, { name, payload }) => { puppet.emit(name, payload) },
    fault: (_, { call, kind }) => {
      if (kind === null) world.faults.delete(call)
      else world.faults.set(call, kind)
    },
    seen: () => ({
      sent: world.sent, calls: world.calls,
      rooms: Object.fromEntries(world.rooms), contacts: Object.fromEntries(world.contacts),
    }),
  }
  return { WorldPuppet, commands }
}
