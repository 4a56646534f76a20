using System.Globalization;
using System.Xml.Linq;
using Nonet.Inference.Attention;
using Nonet.Models;

namespace Nonet.Tests.Inference.Attention;

public class AttentionPictureTests
{
    static AttentionPanel Panel(string title = "cross 1")
    {
        var map = new AttentionMap(1, 2, 3);
        (map[0, 0, 0], map[0, 0, 2], map[0, 1, 1], map[0, 1, 2]) = (0.25, 0.75, 0.999, 0.001);
        return new AttentionPanel(title, map, ["<s>", "a\u0001b"], ["x", "a label far longer than sixteen letters", "&"]);
    }

    [Fact]
    public void Weights_are_shades_and_labels_are_text_as_xml_has_it()
    {
        var svg = XDocument.Parse(AttentionPicture.Svg([[Panel()]])).Root!;
        XNamespace ns = "http://www.w3.org/2000/svg";
        var cells = svg.Descendants(ns + "rect").Where(r => r.Attribute("fill-opacity") is not null).ToArray();
        Assert.Equal(["0.25", "0.75", "0.999"], cells.Select(c => c.Attribute("fill-opacity")!.Value)); // 0.001 is left white
        Assert.Equal("28", cells[1].Attribute("x")!.Value);
        Assert.Equal("<s> to &: 0.750", cells[1].Value);
        Assert.Equal(["cross 1", "<s>", "a\uFFFDb", "x", "a label far lon…", "&"], svg.Descendants(ns + "text").Select(t => t.Value));
    }

    [Fact]
    public void Panels_stand_within_the_picture_and_groups_below_each_other()
    {
        XNamespace ns = "http://www.w3.org/2000/svg";
        var svg = XDocument.Parse(AttentionPicture.Svg([[.. Enumerable.Range(1, 20).Select(i => Panel($"encoder {i}"))], [Panel()]])).Root!;
        var places = svg.Elements(ns + "g")
            .Select(g => g.Attribute("transform")!.Value["translate(".Length..^1].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray())
            .ToArray();
        Assert.Equal(21, places.Length);
        Assert.Equal(places.Length, places.Select(p => (p[0], p[1])).Distinct().Count());
        Assert.True(places[20][1] > places[19][1]);
        var (width, height) =
            (int.Parse(svg.Attribute("width")!.Value, CultureInfo.InvariantCulture), int.Parse(svg.Attribute("height")!.Value, CultureInfo.InvariantCulture));
        Assert.All(places, p => Assert.True(p[0] + 3 * 14 <= width && p[1] + 2 * 14 <= height));
        Assert.InRange(width, 100, 1400);
    }
}
