"""Sound files to damage: drawn, and written by the program itself where it can, else by the usual library."""

import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import tifffile
from PIL import Image, ImageCms

import hemolens
from hemolens.images.formats.heic import can_read_heic
from hemolens.output.export.registry import FORMATS
from hemolens.synthetic import draw_smear

HEIC = Path(__file__).parents[1] / "images" / "formats" / "heic" / "smear.heic"


def smear(height=120, width=160):
    """A small picture of a smear, shape (height, width, 3)."""
    drawn = draw_smear(
        3, height=height, width=width, n_rbc=12, n_wbc=1, n_plt=2, red_cell_diameter_px=24, cut_by_frame=True
    )
    return drawn.pixels


def photographs(folder):
    """Write photographs of every kind that is read, and one that is not."""
    if can_read_heic():
        shutil.copy(HEIC, folder)
    rgb = smear()
    image, deep = Image.fromarray(rgb), rgb.astype(np.uint16) * 257
    alpha = Image.fromarray(np.dstack([rgb, np.full(rgb.shape[:2], 200, np.uint8)]))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[274] = 6
    for name, picture, options in (
        ("baseline.jpg", image, {"exif": turned, "icc_profile": profile}),
        ("progressive.jpg", image, {"progressive": True}),
        ("restart.jpg", image, {"restart_marker_rows": 1}),
        ("cmyk.jpg", image.convert("CMYK"), {}),
        ("grey.jpg", image.convert("L"), {}),
        ("rgb.png", image, {"icc_profile": profile}),
        ("palette.png", image.quantize(64), {"transparency": 3}),
        ("alpha.png", alpha, {}),
        ("grey-16.png", Image.fromarray(deep[..., 0]), {}),
        ("lzw.tif", image, {"compression": "tiff_lzw"}),
        ("jpeg.tif", image, {"compression": "jpeg"}),
        ("packbits.tif", image, {"compression": "packbits"}),
        ("group4.tif", image.convert("1"), {"compression": "group4"}),
        ("palette.tif", image.quantize(64), {"compression": "tiff_lzw"}),
        ("cmyk.tif", image.convert("CMYK"), {}),
        ("rgb.bmp", image, {}),
        ("palette.bmp", image.quantize(16), {}),
        ("alpha.bmp", alpha, {}),
        ("lossy.webp", image, {}),
        ("lossless.webp", image, {"lossless": True}),
        ("alpha.webp", alpha, {"exif": turned, "icc_profile": profile}),
        ("palette.gif", image, {}),
    ):
        picture.save(folder / name, **options)
    for bits, pixels in ((8, rgb), (16, deep)):
        (folder / f"interlaced-{bits}.png").write_bytes(_interlaced_png(pixels))
    cv2.imwrite(str(folder / "rgb-16.png"), deep[..., ::-1])
    _tiffs(folder, rgb, deep)


def _tiffs(folder, rgb, deep):
    size = {"axes": "YXS", "PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.1}
    for name, pixels, options in (
        ("strips.tif", rgb, {"rowsperstrip": 16, "resolution": (40_000, 40_000), "resolutionunit": "CENTIMETER"}),
        ("tiles.tif", rgb, {"tile": (64, 64)}),
        ("tiles-deflate.tif", rgb, {"tile": (64, 64), "compression": "deflate", "predictor": True}),
        ("planar.tif", np.moveaxis(rgb, 2, 0), {"planarconfig": "separate"}),
        ("deep.tif", deep, {"byteorder": ">"}),
        ("deep-deflate.tif", deep, {"compression": "deflate", "predictor": True}),
        ("deep-tiles.tif", deep, {"compression": "deflate", "tile": (64, 64)}),
        ("float.tif", (rgb / 255).astype(np.float32), {}),
        ("zstd.tif", rgb, {"compression": "zstd"}),
        ("jpeg2000.tif", rgb, {"compression": "jpeg2000", "tile": (64, 64)}),
        ("ome.ome.tif", rgb, {"metadata": size}),
        ("big.tif", rgb, {"bigtiff": True, "compression": "deflate"}),
    ):
        tifffile.imwrite(folder / name, pixels, photometric="rgb", **options)
    scale = {"resolution": (10, 10), "metadata": {"unit": "um", "axes": "CYX", "mode": "composite"}}
    tifffile.imwrite(folder / "imagej.tif", np.moveaxis(rgb, 2, 0), imagej=True, **scale)
    with tifffile.TiffWriter(folder / "pages.tif") as file:
        file.write(rgb, photometric="rgb")
        file.write(rgb[::4, ::4], photometric="rgb", subfiletype=1)


def _interlaced_png(pixels):
    """Write an interlaced PNG, which no library at hand writes."""
    height, width, _ = pixels.shape
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(
        b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes()
        for x, y, dx, dy in passes
        for row in pixels[y::dy, x::dx]
    )
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, 2, 0, 0, 1)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def labels(folder):
    """Write what the program exports of a counted smear, and labels and texts that it only reads."""
    made = folder / "made"
    made.mkdir()
    cv2.imwrite(str(made / "a.png"), smear()[..., ::-1])
    hemolens.count(made / "a.png").save(made / "out", export=[*FORMATS])
    for name in ("cells.csv", "counts.csv", "coco.json", "geojson", "imagej", "labels", "omezarr", "voc", "yolo"):
        (made / "out" / name).rename(folder / name)
    _old_zarr_labels(folder / "old-zarr")
    corners = ", ".join(f'{{"x": {x}, "y": {y}}}' for x, y in ((3, 2), (8, 2), (8, 10)))
    size = '{"image_name": "a.jpg", "image_height": 120, "image_width": 160}'
    (folder / "do-u-net").mkdir()
    (folder / "do-u-net" / "a.json").write_text(
        f'{{"image_information": {size}, "markup": [{{"vertices": [{corners}]}}]}}'
    )
    (folder / "region.geojson").write_bytes((folder / "geojson" / "a.geojson").read_bytes())
    (folder / "region.txt").write_text("10,20,110,100")
    (folder / "site.toml").write_text(
        "[plt]\nfactor = 15000.0\nlow = 14000.0\nhigh = 16000.0\nspread = 0.1\nn_smears = 5\nfield_area_px = 19200.0\n"
        "[wbc]\nfactor = 2000\n"
    )
    (folder / "calibrate.csv").write_text(
        "image,smear,rbc_frame,plt_frame,plt_per_ul,rbc_per_ul,frame_area_px\n"
        "a,1,100,10,250000,5000000,19200\nb,1,110,12,,,19200\nc,2,90,9,240000,4.9e6,19200\nd,3,95,11,255000,4.8e6,19200\n"
    )
    rows = "a.jpg,10,1,2\nb.jpg,20,,3\nc.jpg,30,0,\nd.jpg,15,2,1\ne.jpg,18,1,4\n"
    (folder / "validate").mkdir()
    (folder / "validate" / "counts.csv").write_text(f"image,rbc,wbc,plt\n{rows}")
    (folder / "validate" / "reference.csv").write_text(f"image,rbc,wbc,plt\n{rows.replace('2', '3')}")


def _old_zarr_labels(folder):
    """Labels of OME-Zarr 0.4, which the program reads and no longer writes."""
    import zarr

    numbers = np.zeros((120, 160), np.int32)
    numbers[10:30, 10:40], numbers[50:80, 60:90] = 1, 7
    group = zarr.open_group(str(folder / "a.ome.zarr"), mode="w", zarr_format=2).create_group("labels")
    group.attrs["labels"] = ["rbc"]
    image = group.create_group("rbc")
    image.attrs["multiscales"] = [{"version": "0.4", "datasets": [{"path": "0"}]}]
    image.create_array("0", data=numbers, chunks=(60, 80))


def slides(folder):
    """Write pyramids as scanners do, and as OME-Zarr with every codec."""
    rgb = smear(480, 640)
    aperio = "Aperio Image Library v11\r\n640x480 [0,0 640x480] (256x256) JPEG/RGB Q=70|AppMag = 40|MPP = 0.25"
    size = {"axes": "YXS", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25, "PhysicalSizeXUnit": "µm"}
    for name, compression, options in (
        ("aperio.svs", "jpeg", {"description": aperio, "metadata": None}),
        ("plain.svs", None, {}),
        ("lzw.svs", "lzw", {}),
        ("jpeg2000.svs", "jpeg2000", {}),
        ("zstd.svs", "zstd", {}),
        ("ome.svs", "deflate", {"metadata": size}),
        ("ventana.bif", "jpeg", {"description": "<EncodeInfo><SlideStitchInfo/></EncodeInfo>", "metadata": None}),
    ):
        with tifffile.TiffWriter(folder / name, ome=name == "ome.svs") as file:
            written = {"tile": (256, 256), "photometric": "rgb", "compression": compression}
            file.write(rgb, **written, **options)
            file.write(rgb[::2, ::2], **written, subfiletype=1, metadata=None)
    white = np.full((7168, 7168, 3), 255, np.uint8)
    white[3000:3480, 3000:3640] = rgb
    with tifffile.TiffWriter(folder / "large.tif", bigtiff=True) as file:
        file.write(white, tile=(1024, 1024), photometric="rgb", compression="zstd")
    _zarr_slides(folder, np.moveaxis(rgb, 2, 0))


def _zarr_slides(folder, planes):
    import numcodecs
    from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

    for name, codec in (
        ("blosc", numcodecs.Blosc("lz4")),
        ("gzip", numcodecs.GZip()),
        ("lz4", numcodecs.LZ4()),
        ("zlib", numcodecs.Zlib()),
        ("plain", None),
    ):
        _zarr_slide(folder / f"old-{name}.ome.zarr", planes, 2, compressors=codec)
    for name, codec, shards in (
        ("zstd", ZstdCodec(), None),
        ("gzip", GzipCodec(), None),
        ("blosc", BloscCodec(), None),
        ("shards", ZstdCodec(), (3, 256, 256)),
    ):
        _zarr_slide(folder / f"new-{name}.ome.zarr", planes, 3, compressors=codec, shards=shards)


def _zarr_slide(folder, planes, zarr_format, **options):
    import zarr

    group = zarr.open_group(str(folder), mode="w", zarr_format=zarr_format)
    axes = [{"name": "c", "type": "channel"}, *({"name": each, "type": "space", "unit": "micrometer"} for each in "yx")]
    datasets = []
    for level, reduction in enumerate((1, 2)):
        small = planes[:, ::reduction, ::reduction]
        array = group.create_array(str(level), shape=small.shape, chunks=(3, 128, 128), dtype="uint8", **options)
        array[:] = small
        scale = [{"type": "scale", "scale": [1, 0.25 * reduction, 0.25 * reduction]}]
        datasets.append({"path": str(level), "coordinateTransformations": scale})
    ome = {"multiscales": [{"version": "0.4", "axes": axes, "datasets": datasets}]}
    group.attrs.update(ome if zarr_format == 2 else {"ome": {"version": "0.5", **ome}})


WRITERS = {"images": photographs, "labels": labels, "slides": slides}
"""Kind → what writes its seeds into a folder."""


def write_seeds(kind: str, folder: Path) -> list[Path]:
    """Write the seeds of a kind, unless they are there, and list them: files, and folders that are one thing."""
    if not folder.exists():
        folder.mkdir(parents=True)
        WRITERS[kind](folder)
    return sorted(each for each in folder.iterdir() if each.name != "made")
