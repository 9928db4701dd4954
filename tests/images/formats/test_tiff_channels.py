from defusedxml import ElementTree

from hemolens.images.formats.tiff_channels import channels_in_pages


def ome(content, **sizes):
    attributes = " ".join(f'{name}="{value}"' for name, value in sizes.items())
    return ElementTree.fromstring(f"<Pixels {attributes}>{content}</Pixels>")


THREE = '<Channel Name="red"/><Channel Name="green"/><Channel Name="blue"/>'


def test_ome_may_say_of_every_page_which_channel_and_plane_it_is():
    pages = "".join(f'<TiffData IFD="{5 - page}" FirstC="{page % 3}" FirstZ="{page // 3}"/>' for page in range(6))
    found = channels_in_pages({}, ome(THREE + pages, SizeZ=2, SizeT=1), 6)
    assert found.planes == [[5, 4, 3], [2, 1, 0]]


def test_planes_of_a_series_in_time_follow_those_in_depth():
    found = channels_in_pages({}, ome(THREE, SizeZ=2, SizeT=2, DimensionOrder="XYTZC"), 12)
    assert [plane[0] for plane in found.planes] == [0, 2, 1, 3]


def test_metadata_of_another_number_of_pages_are_not_believed():
    assert channels_in_pages({}, ome(THREE, SizeZ=10**9, SizeT=1), 6) is None
    assert channels_in_pages({}, ome(THREE, SizeZ=-1, SizeT=-2), 6) is None
    assert channels_in_pages({"images": 6, "channels": 4, "mode": "composite"}, None, 6) is None
    assert channels_in_pages({"images": 6, "channels": -3, "mode": "composite"}, None, 6) is None
