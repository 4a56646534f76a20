using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Inference;
using Nonet.Inference.Attention;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Draws the attention weights for a text.</summary>
sealed class AttentionCommand : Command
{
    const string Mean = "mean";

    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Argument<string> source = new("SOURCE") { Description = "The text that the model reads." };
    readonly Argument<string?> target =
        new("TARGET") { Description = "The text that an encoder-decoder writes; by default its own translation.", Arity = ArgumentArity.ZeroOrOne };
    readonly Option<string> output = new("--out") { Description = "File for the picture, as SVG.", HelpName = "FILE.svg", Required = true };
    readonly Option<int?> layer = Flags.Whole("--layer", "Only this layer, counted from 1, with each of its heads; by default all layers.", 1);
    readonly Option<string?> head =
        new("--head") { Description = "Only this head, counted from 1, or the mean of all heads, which is the default without --layer.", HelpName = "H|mean" };

    public AttentionCommand(Terminal terminal) : base("attention", "Draw the attention weights of an encoder or encoder-decoder for a text.")
    {
        this.terminal = terminal;
        Add(model);
        Add(source);
        Add(target);
        foreach (var option in new Option[] { output, layer, head })
            Add(option);
        head.Validators.Add(result =>
        {
            var text = result.Tokens is [var token, ..] ? token.Value : "";
            if (text != Mean && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1))
                result.AddError($"--head is '{text}'; expected the number of a head, or {Mean}");
        });
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), stopping));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device);
        var tokenizer = open.LoadTokenizer();
        var (maps, start) = Maps(parsed, open, tokenizer, stopping);
        string[] Labels(IReadOnlyList<int> ids) => [.. ids.Select(id => Label(tokenizer, id) ?? (id == start ? "start" : $"#{id}"))];
        var groups = maps.Select(m => Panels(m, parsed.GetValue(layer), parsed.GetValue(head), Labels(m.Queries), Labels(m.Keys)).ToArray())
            .Where(panels => panels.Length > 0).ToArray();
        if (groups.Length == 0)
            throw new UsageException($"--layer is {parsed.GetValue(layer)}; the model has {Counted.Of(maps.Max(m => m.Layers.Count), "layer")}");
        var path = parsed.GetRequiredValue(output);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(AttentionPicture.Svg(groups))));
        terminal.Error.WriteLine($"{path}: {Counted.Of(groups.Sum(g => g.Length), "panel")}");
        return ExitCode.Done;
    }

    /// <summary>
    /// The text of a token, or the name of a special token; null if the tokenizer does not know the id. An incomplete character is shown as its bytes.
    /// </summary>
    static string? Label(Tokenizer tokenizer, int id)
    {
        if (id >= tokenizer.Vocab || tokenizer.TokenOf(id) is not { } name)
            return null;
        if (tokenizer.IsSpecial(id))
            return name;
        var bytes = tokenizer.BytesOf(id);
        if (!Utf8.IsValid(bytes))
            return string.Concat(bytes.ToArray().Select(b => $"\\x{b:x2}"));
        var text = Encoding.UTF8.GetString(bytes);
        var trimmed = text.Trim(' ');
        return trimmed.Length == 0 ? new string('␣', text.Length) : Printable.Line(trimmed);
    }

    (AttentionMaps[] Maps, int Start) Maps(ParseResult parsed, LoadedModel open, Tokenizer tokenizer, CancellationToken stopping)
    {
        var ids = tokenizer.Encode(parsed.GetRequiredValue(source));
        if (ids.Length == 0)
            throw new UsageException("SOURCE is empty; expected a text of at least one token");
        var given = parsed.GetValue(target);
        switch (open.Model)
        {
            case IMaskedModel encoder:
                if (given is not null)
                    throw new UsageException($"found a TARGET; expected none, because a {open.Config.Family} is an encoder and writes no text");
                return (AttentionMaps.Of(encoder, ids), -1);
            case IEncoderDecoder both:
                var end = tokenizer.EndOfText;
                var written = given is not null ? tokenizer.Encode(given) : Translation(both, tokenizer, ids, stopping);
                return (AttentionMaps.Of(both, ids, written is [.., var last] && last == end ? written : [.. written, end]), both.StartToken);
            default:
                throw new NotSupportedException(
                    $"{open.FolderPath}: found a {open.Config.Family}, a decoder; expected an encoder such as bert or an encoder-decoder such as marian");
        }
    }

    static int[] Translation(IEncoderDecoder model, Tokenizer tokenizer, int[] ids, CancellationToken stopping)
    {
        var best = new Translator(model, tokenizer, new TranslatorOptions()).Search(ids, stopping)[0].Tokens;
        return best.Length < model.Context ? best : best[..(model.Context - 1)]; // leaves room for the end token
    }

    static IEnumerable<AttentionPanel> Panels(AttentionMaps maps, int? layer, string? head, string[] rows, string[] columns)
    {
        for (var i = layer ?? 1; i <= Math.Min(layer ?? int.MaxValue, maps.Layers.Count); i++)
        {
            var map = maps.Layers[i - 1];
            if (head is null && layer is not null)
            {
                for (var h = 1; h <= map.Heads; h++)
                    yield return new AttentionPanel($"{maps.Name} {i}, head {h}", map.Head(h - 1), rows, columns);
                continue;
            }
            if (head is null or Mean)
            {
                yield return new AttentionPanel($"{maps.Name} {i}", map.Mean(), rows, columns);
                continue;
            }
            var number = int.Parse(head, CultureInfo.InvariantCulture);
            if (number > map.Heads)
                throw new UsageException($"--head is {number}; layer {i} of the {maps.Name} attention has {Counted.Of(map.Heads, "head")}");
            yield return new AttentionPanel($"{maps.Name} {i}, head {number}", map.Head(number - 1), rows, columns);
        }
    }
}
