"""The drum hits in Debian's packages: where they lie, their labels, and whom to credit."""

from dataclasses import dataclass

HYDROGEN, SONIC_PI = "hydrogen/data/drumkits", "sonic-pi"  # below the folder of shared files
PACKAGES = {HYDROGEN: "hydrogen-drumkits", SONIC_PI: "sonic-pi-samples"}

KEYS = {  # label: keys of the General MIDI percussion map
    "Bass_drum": (35, 36),
    "Clap": (39,),
    "Cowbell": (56,),
    "Crash_cymbal": (49, 52, 55, 57),
    "Hand_drum": (60, 61, 62, 63, 64),
    "Hi-hat": (42, 44, 46),
    "Ride_cymbal": (51, 53, 59),
    "Side_stick": (37,),
    "Snare_drum": (38, 40),
    "Tambourine": (54,),
    "Tom": (41, 43, 45, 47, 48, 50),
    "Woodblock": (75, 76, 77),
}
LABELS = tuple(KEYS)
NO_SUCH_DRUM = {  # kit: keys that play something else: synthesiser, brush, castanets, timpani, concert cymbal
    24: {41, 43, 45, 47, 48, 50},
    40: {39},
    48: {39, *range(41, 54), 59},
}


@dataclass(frozen=True)
class Kit:
    """The recordings in `collection/name`, with file name patterns for each label."""

    collection: str
    name: str
    licence: str
    author: str
    files: dict[str, str]  # space-separated patterns


KITS = (
    Kit(
        HYDROGEN,
        "Audiophob",
        "CC0",
        "soundcloud.com/audiophobdubstep",
        {
            "Clap": "29800__*",
            "Cowbell": "122557__*",
            "Crash_cymbal": "124101__*",
            "Hi-hat": "104227__* 116973__*",
            "Snare_drum": "25671__*",
            "Tom": "101450__* 99930__* 99931__*",
        },
    ),
    Kit(
        HYDROGEN,
        "BJA_Pacific",
        "CC-BY-SA",
        "Luc Tanguay, Bransin James Anderson",
        {
            "Bass_drum": "BD_*",
            "Crash_cymbal": "CB_* CB2_*",
            "Hi-hat": "HH_* HH2_* HH3_*",
            "Ride_cymbal": "BL_* RD_* RD2_*",
            "Snare_drum": "SN_* SN4_*",
            "Tom": "TM_* TM2_*",
        },
    ),
    Kit(
        HYDROGEN,
        "ColomboAcousticDrumkit",
        "GPL-2",
        "Marcos Guglielmetti",
        {
            "Bass_drum": "bassdrum-*",
            "Crash_cymbal": "*__crash*",
            "Hi-hat": "hihat-*",
            "Ride_cymbal": "*__ride*",
            "Side_stick": "stick-rim-*",
            "Snare_drum": "snare-*",
            "Tom": "tom-*",
        },
    ),
    Kit(
        HYDROGEN,
        "ElectricEmpireKit",
        "GPL-2",
        "Artemiy Pavlov",
        {
            "Bass_drum": "EE_Kick_*",
            "Clap": "EE_Clap*",
            "Hand_drum": "EE_Conga_*",
            "Hi-hat": "EE_Hat_*",
            "Snare_drum": "EE_Snare_*",
        },
    ),
    Kit(
        HYDROGEN,
        "ForzeeStereo",
        "GPL-2",
        "Vladimir Sadovnikov, Alexander Belokurov",
        {
            "Bass_drum": "Kick-*",
            "Crash_cymbal": "China-* Crash18-* CrashRide18-* Splash10-*",
            "Hi-hat": "HiHat*",
            "Ride_cymbal": "Ride-* RideBell-* RideBow-* CrashRide18B*",
            "Side_stick": "RimClick-*",
            "Snare_drum": "Snare-* SnareRim-*",
            "Tambourine": "Tambourine*",
            "Tom": "Tom*",
        },
    ),
    Kit(
        HYDROGEN,
        "Gimme A Hand 1.0",
        "GPL-2",
        "Glen MacArthur",
        {
            "Clap": "HandClap-*",
            "Cowbell": "Cowbell-*",
            "Hand_drum": "Bongo* Cajon*",
            "Tambourine": "Tambourine-*",
            "Woodblock": "Clave-* WoodBlock-*",
        },
    ),
    Kit(
        HYDROGEN,
        "HardElectro1",
        "GPL-2",
        "Artemiy Pavlov",
        {
            "Bass_drum": "HardHse_K_* PowR_BD_*",
            "Clap": "Amp_Clap_* Clap_*",
            "Hi-hat": "CHH_* FX_Chh_* Hard_*HH_* PowR_HH_*",
            "Snare_drum": "PowR_SN_*",
        },
    ),
    Kit(
        HYDROGEN,
        "Millo-Drums_v.1",
        "GPL-2",
        "Emiliano Grilli",
        {
            "Bass_drum": "bd1.*",
            "Clap": "clap_*",
            "Cowbell": "misc_Cowbell.*",
            "Crash_cymbal": "cra_* crash.*",
            "Hi-hat": "*hihat* openhat2.*",
            "Ride_cymbal": "ride*",
            "Side_stick": "stick_*",
            "Snare_drum": "snare*",
            "Tom": "tom*",
        },
    ),
    Kit(
        HYDROGEN,
        "Millo_MultiLayered2",
        "GPL-2",
        "Emiliano Grilli",
        {
            "Bass_drum": "bd_*",
            "Clap": "clap_*",
            "Crash_cymbal": "crash_*",
            "Hi-hat": "hh*",
            "Ride_cymbal": "ride_*",
            "Side_stick": "rim_*",
            "Snare_drum": "jsnare_* rsnare_*",
            "Tom": "floortom_* tom_*",
        },
    ),
    Kit(
        HYDROGEN,
        "Millo_MultiLayered3",
        "GPL-2",
        "Emiliano Grilli",
        {
            "Bass_drum": "bd_*",
            "Cowbell": "mc_cb.*",
            "Crash_cymbal": "cc_*",
            "Hi-hat": "hh_* ho_*",
            "Ride_cymbal": "rc_*",
            "Side_stick": "rs_*",
            "Snare_drum": "sd_*",
            "Tom": "ft_* t1_* t2_*",
        },
    ),
    Kit(
        HYDROGEN,
        "The Black Pearl 1.0",
        "GPL-2",
        "Glen MacArthur",
        {
            "Bass_drum": "PearlKick-*",
            "Clap": "HandClap.*",
            "Cowbell": "Cowbell-*",
            "Crash_cymbal": "SabianCrash* ZildjianSplash*",
            "Hi-hat": "SabianHat*",
            "Ride_cymbal": "Paiste*",
            "Side_stick": "PearlSideStick-*",
            "Snare_drum": "PearlSnare*",
            "Tom": "PearlTom*",
        },
    ),
    Kit(
        HYDROGEN,
        "VariBreaks",
        "GPL-2",
        "Artemiy Pavlov",
        {"Bass_drum": "VP?Kick*", "Hi-hat": "VP?Hat*", "Snare_drum": "VP?Snare*", "Tom": "VP?Tom*"},
    ),
    Kit(HYDROGEN, "circAfrique v4", "CC-BY-SA", "Jim Harney", {"Hand_drum": "Djembe*"}),
    Kit(
        HYDROGEN,
        "rumpf_kit_z01_h2",
        "CC-BY",
        "Emanuel Rumpf",
        {
            "Bass_drum": "beats_06-38.* beats_06-46.* beats_07-18.* beats_07-20.*",
            "Clap": "beats_01-26.*",
            "Cowbell": "beats_08-32.*",
            "Crash_cymbal": "beats_06-30.* beats_06-43.* beats_08-20.*",
            "Hi-hat": "beats_06-28.* beats_08-31.* beats_09-10.*",
            "Ride_cymbal": "beats_06-40.*",
            "Side_stick": "beats_09-12.*",
            "Snare_drum": "beats_01-21.* beats_06-25.*",
            "Tom": "beats_08-17.* beats_08-18.* beats_08-19.*",
        },
    ),
    Kit(
        SONIC_PI,
        "samples",
        "CC0",
        "authors at freesound.org, listed in the package's README.md",
        {
            "Bass_drum": "bd_* drum_bass_* drum_heavy_kick.* elec_*_kick.*",
            "Cowbell": "drum_cowbell.*",
            "Crash_cymbal": "drum_cymbal_hard.* drum_cymbal_soft.* drum_splash_* elec_cymbal.*",
            "Hand_drum": "tabla_*",
            "Hi-hat": "drum_cymbal_closed.* drum_cymbal_open.* drum_cymbal_pedal.*",
            "Snare_drum": "drum_snare_* elec_*snare.* sn_*",
            "Tom": "drum_tom_* elec_fuzz_tom.*",
            "Woodblock": "elec_wood.*",
        },
    ),
)
