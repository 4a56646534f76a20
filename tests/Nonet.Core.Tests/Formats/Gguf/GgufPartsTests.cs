using Nonet.Files;
using Nonet.Formats.Gguf;

namespace Nonet.Tests.Formats.Gguf;

public sealed class GgufPartsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Part(int number, int count, string? name = null, int tensors = 3, params string[] names)
    {
        var writer = new GgufWriter();
        if (number == 0)
            writer.Text("general.architecture", "llama");
        writer.U32("split.no", (uint)number).U32("split.count", (uint)count).I32("split.tensors.count", tensors);
        foreach (var tensor in names)
            writer.Tensor(tensor, [2], "F32", () => [[number, 7]]);
        var path = folder[name ?? $"m-{number + 1:00000}-of-{count:00000}.gguf"];
        writer.Save(path);
        return path;
    }

    [Fact]
    public void Whichever_part_is_named_the_tensors_of_all_are_there()
    {
        var first = Part(0, 3, names: ["a"]);
        var second = Part(1, 3, names: ["b"]);
        Part(2, 3, names: ["c"]);
        foreach (var path in new[] { first, second })
        {
            var file = GgufFile.Open(path);
            Assert.Equal(["a", "b", "c"], file.Tensors.Keys.Order());
            Assert.Equal("llama", file.Metadata.Text("general.architecture"));
            Assert.Equal([2.0, 7], file.Tensors["c"].Read(Tests.Models.TinyModels.Cpu).ToDoubles());
        }
        Assert.Equal(first, GgufParts.First(Directory.GetFiles(folder.Path)));
    }

    [Fact]
    public void A_part_that_is_missing_or_of_another_model_is_named()
    {
        var first = Part(0, 2, names: ["a"]);
        Assert.Contains("m-00002-of-00002.gguf", Assert.Throws<FileNotFoundException>(() => GgufFile.Open(first)).Message, StringComparison.Ordinal);
        Part(1, 2, names: ["a"]);
        Assert.Contains("tensor 'a', which another part also has", Refused(first), StringComparison.Ordinal);
        Part(1, 2, names: ["b"]);
        Assert.Contains("2 tensors in its 2 parts; expected 3", Refused(first), StringComparison.Ordinal);
        Part(2, 3, "m-00002-of-00002.gguf", names: ["b"]);
        Assert.Contains("part 3 of 3; expected part 2 of 2", Refused(first), StringComparison.Ordinal);
        Assert.Contains("NAME-00001-of-00002.gguf", Refused(Part(0, 2, "renamed.gguf")), StringComparison.Ordinal);
        Assert.Contains("'split.count'", Refused(Part(0, 70_000, "m-00001-of-70000.gguf")), StringComparison.Ordinal);
        Assert.Null(GgufParts.First([first, folder["renamed.gguf"]]));
    }

    static string Refused(string path) => Assert.Throws<MalformedFileException>(() => GgufFile.Open(path)).Message;
}
