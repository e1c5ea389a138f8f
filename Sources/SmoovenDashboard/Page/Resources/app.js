// The page of SmoovenDashboard. Whatever comes from outside becomes text, never markup: no innerHTML, no href.

const $ = (id) => document.getElementById(id)

/** An element with a class and content; strings become text. */
const el = (name, className, ...content) => {
  const element = document.createElement(name)
  if (className) element.className = className
  element.append(...content.filter((part) => part !== null && part !== undefined))
  return element
}

const button = (text, action, className) => {
  const element = el('button', className, text)
  element.type = 'button'
  element.addEventListener('click', action)
  return element
}

// MARK: Access

const tokenKey = 'smooven-token'
if (location.hash.length > 1) {
  sessionStorage.setItem(tokenKey, location.hash.slice(1))
  // So that it isn't in the history, nor in what is shared of the address.
  history.replaceState(null, '', location.pathname + location.search)
}
const headers = (more) => {
  const token = sessionStorage.getItem(tokenKey)
  return token ? { Authorization: `Bearer ${token}`, ...more } : { ...more }
}

class Failure extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

const call = async (path, options = {}) => {
  const response = await fetch(`api/${path}`, { ...options, headers: headers(options.headers), cache: 'no-store' })
  if (response.status === 401) setState('gone')
  if (response.ok) return response.json()
  let message = `${response.status}`
  try {
    message = (await response.json()).error ?? message
  } catch { /* A refusal may have no body. */ }
  throw new Failure(response.status, message)
}

const post = (path, body) =>
  call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

const states = {
  wait: 'connecting', live: 'live', lost: 'reconnecting',
  gone: 'this link is not valid: open the one that was printed last'
}
const setState = (state) => {
  if ($('state').dataset.state === 'gone' && state !== 'live') return
  $('state').dataset.state = state
  $('state').textContent = states[state]
}

// MARK: Entries

/** The most entries that the page keeps. */
const capacity = 20000
const entries = new Map()
/** Notifications, in the order in which they began. */
let groups = []
let byName = new Map()
let about = { run: '', newest: 0, redeliver: false, trigger: [] }
/** The place up to which all entries were read. */
let newest = 0
/** The newest place that the server named. */
let known = 0
let missed = 0

const significant = new Set(['callback', 'settled', 'rejected', 'refused', 'unclear', 'attempt'])

const add = (entry) => {
  if (entries.has(entry.number)) return null
  entry.text = ['kind', 'title', 'detail', 'provider', 'channel', 'person', 'status', 'tone']
    .map((key) => entry[key] ?? '').concat(entry.names).join('\n').toLowerCase()
  entries.set(entry.number, entry)
  let group = entry.names.map((name) => byName.get(name)).find(Boolean)
  const isNew = !group
  if (!group) {
    group = { number: entry.number, names: [], list: [] }
    groups.push(group)
  }
  for (const name of entry.names) {
    if (!group.names.includes(name)) group.names.push(name)
    if (!byName.has(name)) byName.set(name, group)
  }
  let index = group.list.length
  while (index > 0 && group.list[index - 1].number > entry.number) index -= 1
  group.list.splice(index, 0, entry)
  group.number = group.list[0].number
  return isNew ? group : null
}

const sortGroups = () => groups.sort((left, right) => left.number - right.number)

const trim = () => {
  if (entries.size <= capacity) return
  while (entries.size > capacity * 0.9 && groups.length > 1) {
    const group = groups.shift()
    for (const entry of group.list) entries.delete(entry.number)
    for (const name of group.names) if (byName.get(name) === group) byName.delete(name)
  }
}

const clear = () => {
  entries.clear()
  groups = []
  byName = new Map()
  missed = 0
  news = 0
  newest = 0
  known = 0
  reading = null
}

/** Takes the entries that follow those that were read. */
const receive = (page) => {
  // What was dropped before this page was opened isn't missed.
  if (newest >= about.newest) missed += page.missed ?? 0
  let added = 0
  let count = 0
  for (const entry of page.entries) {
    if (entries.has(entry.number)) continue
    entry.fresh = entry.number > about.newest
    const group = add(entry)
    if (entry.fresh) count += 1
    if (entry.fresh && group && matches(group)) added += 1
    if (entry.number === wanted) select(entry.number)
  }
  newest = Math.max(newest, page.end)
  sortGroups()
  trim()
  hold(added)
  announce(count)
  draw()
}

/** The reading that is under way, so that there's one at a time. */
let reading = null

/** Reads forward from the place that was reached, until nothing newer is known. */
const catchUp = () => {
  reading ??= readOn()
  return reading
}

const readOn = async () => {
  // Not before it's assigned.
  await null
  const own = reading
  try {
    for (;;) {
      const start = newest
      const page = await call(`entries?limit=1000&after=${start}`)
      // Another process is read now.
      if (reading !== own) return
      receive(page)
      known = Math.max(known, page.newest)
      if (newest >= known || newest === start) return
    }
  } finally {
    if (reading === own) reading = null
  }
}

/** Reads what is kept. */
const load = async () => {
  about = await call('about')
  $('title').textContent = about.title
  document.title = about.title
  $('open-trigger').hidden = about.trigger.length === 0
  newest = Math.max(newest, about.newest - capacity)
  await catchUp()
}

// MARK: The stream

/** Calls a function with each event of a stream, until it ends. */
const readEvents = async (body, handle) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    text += value
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = {}
      for (const line of text.slice(0, end).split('\n')) {
        const colon = line.indexOf(': ')
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2)
      }
      text = text.slice(end + 2)
      handle(event)
    }
  }
}

const stream = async (tell) => {
  let pause = 250
  for (;;) {
    try {
      let position = newest
      const response = await fetch('api/stream', { headers: headers({ 'Last-Event-ID': `${position}` }), cache: 'no-store' })
      if (response.status === 401) {
        tell({ state: 'gone' })
        return
      }
      if (response.ok) {
        pause = 250
        tell({ state: 'live', newest })
        await readEvents(response.body, (event) => {
          const end = event.id ? Number(event.id) : position
          if (event.event === 'reset') tell({ reset: true })
          else if (event.event === 'entries') tell({ page: { ...JSON.parse(event.data), start: position, end } })
          else tell({ state: 'live', newest })
          position = end
        })
      }
    } catch { /* The server has gone, or is not there yet. */ }
    tell({ state: 'lost' })
    await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(pause * 2, 5000)
    // A new process on the same port counts from the beginning.
    try {
      const now = await call('about')
      if (now.run !== about.run) tell({ reset: true })
    } catch { /* Tried again above. */ }
  }
}

const take = (news) => {
  if (news.state) setState(news.state)
  if (news.reset) {
    clear()
    load().catch(fail)
  }
  known = Math.max(known, news.newest ?? 0, news.page?.end ?? 0)
  // A page that begins later leaves something out, such as what was said before this tab listened.
  if (news.page && news.page.start <= newest) receive(news.page)
  if (known > newest) catchUp().catch(fail)
}

/** Browsers open six connections to a server, so one tab reads the stream, and tells the others. */
const follow = () => {
  if (!navigator.locks || !window.BroadcastChannel) {
    stream(take)
    return
  }
  const name = `smooven-dashboard-${location.host}${location.pathname}`
  const channel = new BroadcastChannel(name)
  let leads = false
  channel.onmessage = ({ data }) => {
    if (data.hello) {
      if (leads && $('state').dataset.state === 'live') channel.postMessage({ state: 'live', newest })
    } else {
      take(data)
    }
  }
  channel.postMessage({ hello: true })
  navigator.locks.request(name, async () => {
    leads = true
    await stream((news) => {
      channel.postMessage(news)
      take(news)
    })
    leads = false
  })
}

// MARK: Filter

let words = []
let found = new Set()

const matches = (group) =>
  words.length === 0 || group.list.some((entry) => found.has(entry.number) || words.every((word) => entry.text.includes(word)))

let searching = 0
const search = () => {
  const text = $('filter').value
  words = text.toLowerCase().split(/\s+/).filter(Boolean)
  found = new Set()
  $('list').scrollTop = 0
  news = 0
  draw()
  clearTimeout(searching)
  if (words.length > 0) searching = setTimeout(() => searchBodies(text).catch(fail), 250)
}

/** The server also looks into the bodies, which the page doesn't hold. */
const searchBodies = async (text) => {
  let after = 0
  for (;;) {
    const page = await call(`entries?limit=1000&after=${after}&filter=${encodeURIComponent(text)}`)
    if ($('filter').value !== text) return
    for (const entry of page.entries) found.add(entry.number)
    draw()
    if (page.entries.length === 0 || page.end >= page.newest) return
    after = page.end
  }
}

// MARK: The list

let shown = []
let selected = null
let chosen = null
/** The number of an entry to select as soon as it's there. */
let wanted = 0
/** Notifications above the place to which the list was scrolled. */
let news = 0
let rowHeight = 52
let isDirty = false

const draw = () => {
  if (isDirty) return
  isDirty = true
  // Not an animation frame, which tabs in the background don't get.
  setTimeout(() => {
    isDirty = false
    shown = groups.filter(matches).reverse()
    drawRows()
    drawDetails()
  }, 16)
}

/** Keeps what is being read in its place. */
const hold = (added) => {
  const list = $('list')
  if (list.scrollTop <= 0 || added === 0) return
  news += added
  $('space').style.height = `${(shown.length + added) * rowHeight}px`
  list.scrollTop += added * rowHeight
}

const label = (group) => {
  const id = group.names.find((name) => !/^[0-9a-f]{16}$/.test(name)) ?? group.names[0]
  return id ?? 'refused request'
}

const headline = (group) => group.list.findLast((entry) => significant.has(entry.kind)) ?? group.list.at(-1)

const facts = (group) => {
  const last = (key) => group.list.findLast((entry) => entry[key])?.[key]
  return [last('person'), last('channel'), last('provider')].filter(Boolean)
}

const clockTime = (at) => {
  const date = new Date(at)
  const time = el('time', '', `${date.toLocaleTimeString([], { hour12: false })}.${`${date.getMilliseconds()}`.padStart(3, '0')}`)
  time.dateTime = date.toISOString()
  return time
}

const axis = (group) => {
  const track = el('span', 'axis')
  track.setAttribute('aria-hidden', 'true')
  const start = group.list[0].at
  const length = Math.max(group.list.at(-1).at - start, 1)
  for (const entry of group.list.slice(-40)) {
    const dot = el('i', `${entry.tone}${entry.fresh ? ' fresh' : ''}`)
    dot.style.left = `${((entry.at - start) / length) * 100}%`
    track.append(dot)
    entry.fresh = false
  }
  return track
}

const row = (group, index) => {
  const entry = headline(group)
  const title = el('span', `what ${entry.tone}`, entry.title)
  const more = el('span', 'soft', [label(group), ...facts(group)].join(' · '))
  const element = el('div', 'row', title, clockTime(entry.at), more, axis(group))
  element.id = `row-${group.number}`
  element.setAttribute('role', 'option')
  element.setAttribute('aria-selected', `${group === selected}`)
  element.setAttribute('aria-setsize', `${shown.length}`)
  element.setAttribute('aria-posinset', `${index + 1}`)
  return element
}

/** Draws the rows that can be seen, and a few more. */
const drawRows = () => {
  const list = $('list')
  rowHeight = parseFloat(getComputedStyle(document.documentElement).fontSize) * 3.25
  $('empty').hidden = groups.length > 0
  list.hidden = groups.length === 0
  $('space').style.height = `${shown.length * rowHeight}px`
  const first = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 5)
  const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / rowHeight) + 5)
  $('rows').style.transform = `translateY(${first * rowHeight}px)`
  $('rows').replaceChildren(...shown.slice(first, last).map((group, index) => row(group, first + index)))
  const position = shown.indexOf(selected)
  if (position >= first && position < last) list.setAttribute('aria-activedescendant', `row-${selected.number}`)
  else list.removeAttribute('aria-activedescendant')
  if (list.scrollTop <= 0) news = 0
  $('news').hidden = news === 0
  $('news').textContent = `${news} new`
  $('count').textContent = counts()
}

const plural = (count, name) => `${count} ${name}${count === 1 ? '' : 's'}`

const counts = () => {
  const refused = groups.filter((group) => group.names.length === 0).length
  const parts = words.length > 0 ? [`${shown.length} of ${groups.length}`] : [plural(groups.length - refused, 'notification')]
  if (words.length === 0 && refused > 0) parts.push(plural(refused, 'refused request'))
  if (missed > 0) parts.push(`${missed} older ones no longer kept`)
  return parts.join(', ')
}

const reveal = (group) => {
  const index = shown.indexOf(group)
  if (index < 0) return
  const list = $('list')
  const top = index * rowHeight
  if (top < list.scrollTop) list.scrollTop = top
  if (top + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight - list.clientHeight
  drawRows()
}

// MARK: Selection

const selectGroup = (group) => {
  if (!group) return
  selected = group
  choose(headline(group))
  reveal(group)
}

const choose = (entry) => {
  if (!entry || entry === chosen) return
  chosen = entry
  draw()
}

/** Selects an entry, now or when it arrives. */
const select = (number) => {
  const entry = entries.get(number)
  if (!entry) {
    wanted = number
    return
  }
  wanted = 0
  selected = groups.find((group) => group.list.includes(entry))
  shown = groups.filter(matches).reverse()
  choose(entry)
  reveal(selected)
}

const step = (by) => {
  const index = shown.indexOf(selected)
  selectGroup(shown[index < 0 ? 0 : Math.min(Math.max(index + by, 0), shown.length - 1)])
}

const stepEntry = (by) => {
  if (!selected) return
  const index = selected.list.indexOf(chosen)
  choose(selected.list[Math.min(Math.max(index + by, 0), selected.list.length - 1)])
}

const read = () => {
  if (!selected) return
  document.body.classList.add('reading')
}

const leave = () => {
  document.body.classList.remove('reading')
  $('list').focus()
}

// MARK: Details

let details = null
let view = 'pretty'
let drawnFor = ''

const drawDetails = () => {
  if (!selected || !chosen) return
  // Drawn again only if something in it has changed: the focus may be in it.
  const key = `${selected.number} ${selected.list.length} ${chosen.number} ${view} ${details?.number}`
  if (key === drawnFor) return
  drawnFor = key
  const focused = document.activeElement?.dataset?.key
  const pane = $('details')
  const heading = el('h2', '', label(selected))
  heading.id = 'heading'
  heading.tabIndex = -1
  heading.dataset.key = 'heading'
  pane.replaceChildren(
    button('Back', leave), heading, el('p', 'soft', facts(selected).join(' · ')), reasons(), timeline(), detail()
  )
  pane.firstChild.id = 'back'
  if (focused) pane.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true })
  if (details?.number !== chosen.number) fetchDetails(chosen.number).catch(fail)
  if (selected.names.length > 0) fetchWhy(selected).catch(fail)
}

/** Asks for the reasons for the notification's state, as `smooven explain` says. Each group has its own. */
const fetchWhy = async (group) => {
  const size = group.list.length
  if (group.asked === size) return
  group.asked = size
  const answer = await call(`deliveries/${encodeURIComponent(group.names[0])}`)
  // Asked again since, with more entries.
  if (group.asked !== size) return
  group.why = answer.why
  if (group !== selected) return
  drawnFor = ''
  drawDetails()
}

const reasons = () => {
  const why = selected.why ?? []
  const list = el('ul', 'hints', ...why.map(({ message, advice }) => el('li', '', advice ? `${message} → ${advice}` : message)))
  list.hidden = why.length === 0
  list.setAttribute('aria-label', 'Why')
  return list
}

const fetchDetails = async (number) => {
  const answer = await call(`entries/${number}`)
  if (chosen?.number !== number) return
  details = answer
  previous = null
  drawDetails()
}

const offset = (entry) => {
  const seconds = (entry.at - selected.list[0].at) / 1000
  return seconds < 60 ? `+${seconds.toFixed(2)} s` : `+${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

const timeline = () => {
  const list = el('ol', 'timeline')
  list.setAttribute('aria-label', 'Timeline')
  for (const entry of selected.list.slice(-500)) {
    const text = el('span', '', el('strong', entry.tone, entry.title), entry.detail ? ` ${entry.detail}` : '')
    const item = button('', () => choose(entry))
    item.append(el('span', 'soft', offset(entry)), text)
    item.dataset.key = `entry-${entry.number}`
    if (entry === chosen) item.setAttribute('aria-current', 'true')
    list.append(el('li', '', item))
  }
  return list
}

const detail = () => {
  const section = el('section', 'entry')
  section.setAttribute('aria-label', 'Entry')
  const status = chosen.status ? ` ${chosen.status}` : ''
  section.append(el('h3', chosen.tone, `${chosen.title}${status}`), el('p', 'soft', clockTime(chosen.at), `, entry ${chosen.number}`))
  if (details?.number !== chosen.number) return section
  if (details.detail) section.append(el('p', '', details.detail))
  if (details.hints.length > 0) section.append(el('ul', 'hints', ...details.hints.map((hint) => el('li', '', hint))))
  const actions = [
    about.redeliver && details.redeliver ? keyed(button('Redeliver', redeliver), 'redeliver') : null,
    details.curl ? keyed(button('Copy as curl', () => copy(details.curl, 'curl command')), 'curl') : null,
    details.test ? keyed(button('Copy as Swift test', () => copy(details.test, 'test')), 'test') : null
  ].filter(Boolean)
  if (actions.length > 0) section.append(el('div', 'bar', ...actions))
  if (details.request) section.append(...request(details.request))
  return section
}

const keyed = (element, key) => {
  element.dataset.key = key
  return element
}

const request = (request) => {
  const table = el('table', '', el('tbody', '', ...request.fields.map(([name, value]) => {
    const head = el('th', '', name)
    head.scope = 'row'
    return el('tr', '', head, el('td', '', value))
  })))
  table.setAttribute('aria-label', 'Header fields')
  const from = request.remote ? ` from ${request.remote}` : ''
  const parts = [el('p', '', el('strong', '', `${request.method} ${request.path}`), el('span', 'soft', from)), table]
  const views = el('div', 'bar')
  for (const [name, text] of [['pretty', 'Pretty'], ['raw', 'Raw'], ['diff', 'Difference to the previous']]) {
    const choice = keyed(button(text, () => {
      view = name
      draw()
    }), `view-${name}`)
    choice.setAttribute('aria-pressed', `${view === name}`)
    views.append(choice)
  }
  const size = request.complete ? `${request.size} bytes` : `${request.size} bytes, of which the beginning was kept`
  const body = el('pre')
  body.tabIndex = 0
  body.setAttribute('role', 'region')
  body.setAttribute('aria-label', 'Body')
  body.dataset.key = 'body'
  body.append(...bodyView(request))
  return [...parts, views, el('p', 'soft', size), body]
}

const bodyText = (request) => {
  if (request.body !== undefined) return request.body
  if (request.base64 !== undefined) return `base64, because it isn't UTF-8:\n${request.base64}`
  return "The body isn't shown, because it isn't a whole JSON text, in which recipients can be shortened. --show-people shows it."
}

const bodyView = (request) => {
  if (view === 'raw') return [bodyText(request)]
  if (view === 'pretty') return [pretty(bodyText(request))]
  return difference(request)
}

/** JSON with line feeds, whose numbers and repeated keys stay as they are. */
const pretty = (text) => {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  let depth = 0
  return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    switch (token[0]) {
      case '{': case '[':
        if (token.length > 1) return token[0] + token.at(-1)
        depth += 1
        return `${token}\n${'  '.repeat(depth)}`
      case '}': case ']':
        depth -= 1
        return `\n${'  '.repeat(depth)}${token}`
      case ',': return `,\n${'  '.repeat(depth)}`
      case ':': return ': '
      case '"': return token
      default: return ''
    }
  })
}

let previous = null
const difference = (request) => {
  const before = selected.list.findLast((entry) => entry.number < chosen.number && entry.request)
  if (!before) return ['There is no earlier request of this notification.']
  if (previous?.number !== before.number) {
    call(`entries/${before.number}`).then((answer) => {
      previous = answer
      drawnFor = ''
      drawDetails()
    }).catch(fail)
    return ['…']
  }
  return diff(pretty(bodyText(previous.request)).split('\n'), pretty(bodyText(request)).split('\n'))
}

/** The lines of two texts, by their longest common subsequence. */
const diff = (old, now) => {
  if (old.length > 600 || now.length > 600) return ['The bodies have too many lines to be compared.']
  const size = now.length + 1
  const table = new Uint16Array((old.length + 1) * size)
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      table[i * size + j] = old[i] === now[j]
        ? table[(i + 1) * size + j + 1] + 1
        : Math.max(table[(i + 1) * size + j], table[i * size + j + 1])
    }
  }
  const lines = []
  let [i, j] = [0, 0]
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(`  ${now[j]}\n`)
      i += 1
      j += 1
    } else if (i < old.length && (j === now.length || table[(i + 1) * size + j] >= table[i * size + j + 1])) {
      lines.push(el('span', 'minus', `- ${old[i]}\n`))
      i += 1
    } else {
      lines.push(el('span', 'plus', `+ ${now[j]}\n`))
      j += 1
    }
  }
  return lines
}

// MARK: Actions

let messageTimer = 0
const say = (text) => {
  $('message').textContent = text
  clearTimeout(messageTimer)
  messageTimer = setTimeout(() => { $('message').textContent = '' }, 6000)
}

const fail = (error) => {
  if (error.status !== 401) say(error.message)
}

/** Counts, not contents, and not more often than a person can listen. */
let unsaid = 0
let announcing = 0
const announce = (count) => {
  unsaid += count
  if (unsaid === 0 || announcing) return
  announcing = setTimeout(() => {
    $('summary').textContent = unsaid === 1 ? '1 new entry' : `${unsaid} new entries`
    unsaid = 0
    announcing = setTimeout(() => {
      announcing = 0
      announce(0)
    }, 5000)
  }, 500)
}

const redeliver = async () => {
  const entry = chosen?.redeliver ? chosen : selected?.list.findLast((entry) => entry.redeliver)
  if (!entry || !about.redeliver) {
    say('Nothing is selected that can be delivered again.')
    return
  }
  say('Delivering again …')
  try {
    const answer = await post(`redeliver/${entry.number}`, {})
    say(`Delivered again: ${answer.status}`)
    if (answer.entry) select(answer.entry)
  } catch (error) {
    fail(error)
  }
}

const copy = async (text, what) => {
  try {
    await navigator.clipboard.writeText(text)
    say(`Copied the ${what}.`)
  } catch {
    // Not allowed, or not a secure context.
    $('copy-text').value = text
    $('copy').showModal()
    $('copy-text').select()
  }
}

const copyChosen = async (key, what) => {
  if (!chosen) return
  try {
    if (details?.number !== chosen.number) await fetchDetails(chosen.number)
    if (details[key]) copy(details[key], what)
    else say(`This entry can't be copied as a ${what}.`)
  } catch (error) {
    fail(error)
  }
}

const openTrigger = () => {
  if (about.trigger.length === 0) return
  const select = $('trigger-provider')
  select.replaceChildren(...about.trigger.map(({ provider }) => el('option', '', provider)))
  suggest()
  $('trigger').showModal()
}

const suggest = () => {
  const choice = about.trigger.find(({ provider }) => provider === $('trigger-provider').value)
  $('trigger-events').replaceChildren(...(choice?.events ?? []).map((event) => {
    const option = el('option')
    option.value = event
    return option
  }))
  $('trigger-event').value = choice?.events[0] ?? ''
}

const sendTrigger = async () => {
  try {
    const answer = await post('trigger', {
      provider: $('trigger-provider').value, event: $('trigger-event').value, id: $('trigger-id').value
    })
    $('trigger').close()
    say(`Triggered: ${answer.status}`)
    if (answer.entry) select(answer.entry)
  } catch (error) {
    $('trigger').close()
    fail(error)
  }
}

// MARK: Keys and pointers

const keys = {
  j: () => step(1),
  k: () => step(-1),
  n: () => stepEntry(1),
  p: () => stepEntry(-1),
  r: redeliver,
  c: () => copyChosen('curl', 'curl command'),
  s: () => copyChosen('test', 'test'),
  t: openTrigger,
  g: () => {
    $('list').scrollTop = 0
    selectGroup(shown[0])
  },
  '/': () => {
    leave()
    $('filter').focus()
    $('filter').select()
  },
  '?': () => $('help').showModal()
}

const listKeys = { ArrowDown: keys.j, ArrowUp: keys.k, Home: keys.g, End: () => selectGroup(shown.at(-1)) }

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
  const target = event.target
  if (target.matches('input, textarea, select')) {
    if (event.key === 'Escape') {
      if (target.value) {
        target.value = ''
        search()
      } else {
        leave()
      }
    } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
      $('list').focus()
      step(selected && shown.includes(selected) ? 0 : 1)
    } else {
      return
    }
    event.preventDefault()
    return
  }
  const action = keys[event.key] ?? (target === $('list') ? listKeys[event.key] : undefined)
  if (action) {
    event.preventDefault()
    action()
  } else if (event.key === 'Enter' && target === $('list')) {
    event.preventDefault()
    if (!selected) step(1)
    read()
    $('heading')?.focus()
  } else if (event.key === 'Escape') {
    leave()
  }
})

for (const dialog of document.querySelectorAll('dialog')) {
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close())
}
$('filter').addEventListener('input', search)
$('list').addEventListener('scroll', drawRows, { passive: true })
$('list').addEventListener('click', (event) => {
  // By its place: the row under the pointer may have been drawn again since the button went down.
  const list = $('list')
  const top = event.clientY - list.getBoundingClientRect().top + list.scrollTop
  selectGroup(shown[Math.floor(top / rowHeight)])
  read()
})
$('news').addEventListener('click', () => {
  $('list').scrollTop = 0
  drawRows()
  $('list').focus()
})
$('open-help').addEventListener('click', keys['?'])
$('open-trigger').addEventListener('click', openTrigger)
$('trigger-provider').addEventListener('change', suggest)
$('trigger-send').addEventListener('click', sendTrigger)
addEventListener('resize', drawRows)

if (sessionStorage.getItem(tokenKey) === null) sessionStorage.setItem(tokenKey, '')
draw()
load().then(follow, (error) => {
  fail(error)
  if (error.status !== 401) setTimeout(() => location.reload(), 2000)
})
