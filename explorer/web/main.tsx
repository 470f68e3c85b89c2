import { render } from 'preact'
import { askForCall } from './call/ask-for-call.ts'
import { acceptDrops } from './import/dropped.ts'
import { language } from './language.ts'
import { place, startRouter } from './router.ts'
import { askSession } from './session.ts'
import { takeTokenFromAddress } from './session-token.ts'
import { App } from './shell/app.tsx'
import { followSystemColours } from './theme.ts'

document.documentElement.lang = language.get()
takeTokenFromAddress()
startRouter()
askForCall(place.get())
acceptDrops()
followSystemColours()
void askSession()
// An address with a token that is pasted into an open tab loads nothing.
addEventListener('hashchange', () => void (takeTokenFromAddress() && askSession()))

const root = document.getElementById('app')
if (root !== null) render(<App />, root)
