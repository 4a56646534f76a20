using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Nonet.Tests.Goldens;

/// <summary>The fixtures in tests/goldens, which make_goldens.py there makes by other implementations.</summary>
static class Golden
{
    public static string Path(string name) => System.IO.Path.Combine(Repository.File("tests"), "goldens", name);

    /// <summary>The entries of a folder of them.</summary>
    public static TheoryData<string> Names(string folder) =>
        [.. Directory.GetDirectories(Path(folder)).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public static byte[] Unpacked(string name)
    {
        using var packed = new GZipStream(File.OpenRead(Path(name)), CompressionMode.Decompress);
        using var content = new MemoryStream();
        packed.CopyTo(content);
        return content.ToArray();
    }

    public static JsonNode Json(string name) =>
        JsonNode.Parse(name.EndsWith(".gz", StringComparison.Ordinal) ? Unpacked(name) : File.ReadAllBytes(Path(name)))!;
}
