"""Makes domains.csv: the same subjects as photos and as drawings.

python3 domains.py CLIPART ../t1/photos.csv > domains.csv

Photos are those of task T1 in the Debian package tuxpaint-stamps-default, below
/usr/share/tuxpaint/stamps, and its photos of musical instruments. Each was looked at when T1 was
made. Drawings are from Open Clip Art 0.18, the Debian package openclipart-png (CLIPART is
/usr/share/openclipart/png), where every image is drawn: classes are its folders, less what is
listed below, which was found by looking at each image. Only Tux Paint's own drawings would leave
three classes with more than ten images that Graft can read.
"""

import os
import struct
import sys

CLIPART, PHOTOS = sys.argv[1:]

CLASSES = "bird bug fish fruit instrument mammal plant roadsign tool vegetable vehicle".split()

INSTRUMENTS = """
brass/trumpet percussion/cymbal_crash percussion/drum_tomtom_floor percussion/drumkit string/cello
string/guitar2 string/guitar_classical string/guitar_electric string/guitar_electric_bass
string/violin wind/bassoon
"""

FOLDERS = {
    "bird": "animals/birds/",
    "bug": "animals/bugs/",
    "fish": "animals/fish/",
    "fruit": "food/fruit/",
    "mammal": "animals/mammals/",
    "plant": "plants/",
    "roadsign": "transportation/roadsigns/",
    "vegetable": "food/vegetables/",
}

# Folders of other things too, from which these are taken; and what lies in the wrong folder.
TAKEN = {
    "instrument": (
        "recreation/music/",
        """africandrum_benji_park1 africandrum_benji_park2 africandrum_benji_park_
        bass_guitar_a.j._ashton_ cello_ganson cello_mo_01 cello_mo_02 derbouk_jurgen_01
        djambf_ganson drums_jarno_vasamaa_ electric_guitar_andrea__01r flute_ganson
        french_horn_ganson guitar_ganson guitar_jarno_vasamaa1 guitar_jarno_vasamaa2
        guitar_profile_philippe__01 harp1_ganson harp2_ganson harp3_ganson harp_mo_01
        maracas_ganson mountain_dulcimer_terry_ oboe_ganson piano_geraint_luff_01
        saxophone_jarno_vasamaa_ tenor_trombone_ganson tpt_cubf_ganson trumpet_b_flat__ganson
        trumpet_b_flat_colour_ganso trumpet_herald__ganson trumpet_pocket__ganson
        trumpet_pocket_colour_ganso violin_colour_ganson violin_ganson violin_mo_01
        xylophone_ganson""",
    ),
    "tool": (
        "tools/",
        """axe_peterm_ blacksmith_anvil_ganson blacksmith_hammer_ganson broom_nicu_buculei_01
        brush_roller_costea_bogd_01 bypasslopper_benji_park_01 construction_hammer_jon__01
        cultivator_benji_park_01 drill_peterm_ hammer_nicu_buculei_01 hammer_peterm1
        hedgeshear_benji_park_01 leafrake_benji_park_01 livella_architetto_franc_01
        nail_puller_peterm_ paint_brush_costea_bogda_01 paint_roller_gerald_g._01
        roundpointshovel_benji_p_01 saw_peterm_ screwdriver_peterm_ scrub_brush_michael_moor_
        simple_shovel_jeff_simps_01 spaclu_costea_bogdan_01 tools_nicu_buculei_01
        trowel_benji_park_01 utensile_sega_architetto_01 utensili_chiave_e_cacci_01
        wrench_jarno_vasamaa_01""",
    ),
    "vehicle": (
        "transportation/",
        """ambulans_romus_01 autos_01 big_truck_01 blazer_01 bmw_z_from_top_aubanel_
        boating/boat_jarno_vasamaa1 boating/boat_jarno_vasamaa_ boating/sailboat_illustration
        bus1_bw_jarno_vasamaa_01 bus1_jarno_vasamaa_01 bus2_bw_jarno_vasamaa_01
        bus2_jarno_vasamaa_01 bus_01 car_jamin_ellis_ dodge_neon_green_ganson
        dodge_neon_pink_ganson fire_engine_romus_01 formula_one_car_gerald_g_01 hummer_01 hummer_02
        hummer_03 hummer_05 motorcycle_jarno_vasama_ old_car_lumen_design_st_r
        old_truck_indana_model__01 pallone_aerestatico_arch_01 plane_in_the_sky_mo_01
        redcar_marcelo_caiafa_ road_runner_ganson skoda_car_alejandro_teja_
        small_truck_steffen_gluc_01 toyota_land_cruiser_ganson tramway_lumen_design_stu_01
        truck_jarno_vasamaa1 truck_jarno_vasamaa_ vehicles/1989_chevrolet_celebrit_01
        vehicles/aircraft_jarno_vasamaa1 vehicles/aircraft_jarno_vasamaa2
        vehicles/aircraft_jarno_vasamaa3 vehicles/aircraft_jarno_vasamaa4
        vehicles/aircraft_jarno_vasamaa_ vehicles/bicycle_01 vehicles/car
        vehicles/departing_plane_01 vehicles/military_airplane_mo_01 vehicles/plane_silhouet_mo_01
        vehicles/trattore_architetto_fran_01 vehicles/trawler_01 vehicles/vtt_02""",
    ),
}
TAKEN_ELSEWHERE = {
    "mammal": ["animals/fish/" + name for name in (
        "bluewhale-md dolphin dolphin_01 dolphin_enrique_meza_c_01 dolphin_enrique_meza_c_02 "
        "orca_matthew_gates_r").split()] + ["animals/birds/contour_bat"],
    "roadsign": ["transportation/" + name for name in (
        "Evel_Knievel Motorway_on airplane bambi bus_lane bus_opposite buses_and_bikes cattle "
        "crosswind cycle_lane cycles drawbridge end_daul grounded horse kaboom lorry_length "
        "no_cycles no_entry old_folks pass_either vehicles/crossroads vehicles/curve_ahead "
        "vehicles/cycle_route").split()],
}

# Other subjects, parts of one, scenes, and placeholders for pictures that are missing.
LEFT_OUT = """
animals/birds/contour_bat animals/birds/duck_yellow_ii_kurt_cagl_ animals/birds/manager_mimooh_01
animals/birds/mirjam_meijer_mirjam_mei_01 animals/birds/penguin/tux_didier_fabert_01
animals/birds/turkey_on_platter_01 animals/birds/wing_mitchell_johnson_si_
animals/bugs/insetto_architetto_franc_01 animals/bugs/virus_andreas_nilsson_01
animals/bugs/lumaca_architetto_france_01 animals/bugs/lumaca_turbo_architetto__01
animals/fish/amibe_renardjb_on_free.f_01 animals/fish/amibe_renardjb_on_free.f_02
animals/fish/bluewhale-md animals/fish/dolphin animals/fish/dolphin_01
animals/fish/dolphin_enrique_meza_c_01 animals/fish/dolphin_enrique_meza_c_02
animals/fish/kallisti-grenade_1_nurbl_01 animals/fish/orca_matthew_gates_r
animals/mammals/bears/sleeping_bear_under_sta_01 animals/mammals/bears/sleeping_bear_under_sta_02
animals/mammals/housecats/cat_scrathing_post_benji_01 animals/mammals/toro_al_tramonto_archite_01
animals/mammals/elephant_outline_matthe_r
food/fruit/fruitcollection_leif_lod_07 food/fruit/juice_glass_andremarcel._01
food/fruit/straw_tote_linda_kim_01 food/fruit/tree_whit_fruits_01
food/fruit/turkey_platter_01_with_fruit_and_vegitables_01
plants/fall_scene_in_a_circle_a_01 plants/human_humain_umano_sed_r
plants/trees/bowsaw_benji_park_01 plants/trees/bypasspruner_benji_park_01
plants/trees/christmas_balls_mo_01 transportation/roadsigns/bus_symbol_black_01
transportation/roadsigns/nws_government_website__01
""".split()


def num_pixels(path):
    """Width × height of a PNG."""
    with open(path, "rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return width * height


def drawings(name):
    """Paths below CLIPART of a class, without the ending."""
    if name in TAKEN:
        folder, names = TAKEN[name]
        found = [folder + one for one in names.split()]
    else:
        top = os.path.join(CLIPART, FOLDERS[name])
        found = [
            os.path.relpath(os.path.join(at, file), CLIPART)[: -len(".png")]
            for at, _, files in os.walk(top)
            for file in files
            # Links show an image in a second folder.
            if file.endswith(".png") and not os.path.islink(os.path.join(at, file))
        ]
        found = [path for path in found if path not in LEFT_OUT]
    found += TAKEN_ELSEWHERE.get(name, [])
    # A few are posters of 80 megapixels, which would take most of a test's time.
    return sorted(p for p in found if num_pixels(f"{CLIPART}/{p}.png") <= 6_000_000)


def photos(name):
    """Paths below the stamps of a class."""
    if name == "instrument":
        return [f"hobbies/music/{one}.png" for one in INSTRUMENTS.split()]
    with open(PHOTOS) as lines:
        pairs = [line.strip().rsplit(",", 1) for line in lines]
    return [path for path, label in pairs if label == name]


print("path,class,domain")
for name in CLASSES:
    for path in photos(name):
        print(f"{path},{name},photo")
    for path in drawings(name):
        print(f"{path}.png,{name},drawing")
