#!/bin/sh
# Install what the tests need from the system's packages: Chromium, Node, FluidSynth, two soundfonts, PostgreSQL, nginx.
set -eu

has_all() {
    command -v node >/dev/null 2>&1 &&
        { command -v chromium-headless-shell || command -v chromium || command -v google-chrome || [ -d "/Applications/Google Chrome.app" ]; } >/dev/null 2>&1 &&
        { ldconfig -p 2>/dev/null | grep -q libfluidsynth || ls /opt/homebrew/lib/libfluidsynth* || ls /usr/local/lib/libfluidsynth*; } >/dev/null 2>&1 &&
        { command -v nginx || [ -x /usr/sbin/nginx ]; } >/dev/null 2>&1 &&
        { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; } >/dev/null 2>&1 &&
        [ -f /usr/share/sounds/sf2/FluidR3_GM.sf2 ] && [ -f /usr/share/sounds/sf3/MuseScore_General_Full.sf3 ]
}

has_all && exit 0
packages="nodejs libfluidsynth3 fluid-soundfont-gm musescore-general-soundfont postgresql nginx-light"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need Chromium, Node, FluidSynth, PostgreSQL, nginx and the soundfonts FluidR3_GM.sf2 and MuseScore_General_Full.sf3." >&2
    echo "On macOS: brew install --cask google-chrome; brew install node fluid-synth postgresql nginx; docs/development.md says where the fonts are." >&2
    exit 0
fi
run=""
[ "$(id -u)" = 0 ] || run="sudo"
export DEBIAN_FRONTEND=noninteractive
browser=chromium-headless-shell # opens a page in half the time; older systems lack it
$run apt-get -qq update && { apt-cache show $browser >/dev/null 2>&1 || browser=chromium; } &&
    $run apt-get -qq install --yes --no-install-recommends $packages $browser >/dev/null ||
    echo "Could not install $packages $browser; tests that need them will say so." >&2
