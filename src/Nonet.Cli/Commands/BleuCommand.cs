using System.CommandLine;
using System.Text;
using Nonet.Evaluation.Translation;

namespace Nonet.Cli.Commands;

/// <summary>Scores translations against references.</summary>
sealed class BleuCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> hypotheses = new("HYPOTHESES") { Description = "A file with one translation per line; - reads standard input." };
    readonly Argument<string[]> references =
        new("REFERENCES") { Description = "Files with one reference per line, in the same order.", Arity = ArgumentArity.OneOrMore };
    readonly Option<string> tokenization =
        new("--tok") { Description = "Tokenization: 13a, intl, none or char.", DefaultValueFactory = _ => "13a", HelpName = "NAME" };
    readonly Option<bool> lowercase = new("--lowercase") { Description = "Compute BLEU in lower case." };
    readonly Option<bool> chrf = new("--chrf") { Description = "Also print chrF2 and chrF2++." };
    readonly Option<bool> chrfLowercase = new("--chrf-lowercase") { Description = "Compute chrF in lower case." };
    readonly Option<bool> json = Flags.MakeJson();

    public BleuCommand(Terminal terminal) : base("bleu", "Score translations against references as sacreBLEU does, with BLEU and chrF.")
    {
        this.terminal = terminal;
        Add(hypotheses);
        Add(references);
        foreach (var option in new Option[] { tokenization, lowercase, chrf, chrfLowercase, json })
            Add(option);
        tokenization.AcceptOnlyFromAmong("13a", "intl", "none", "char");
        SetAction(Run);
    }

    int Run(ParseResult parsed)
    {
        var (path, others) = (parsed.GetRequiredValue(hypotheses), parsed.GetRequiredValue(references));
        var ours = path == "-" ? Split(terminal.ReadAll()) : Lines(path);
        var sets = others.Select(Lines).ToArray();
        for (var i = 0; i < sets.Length; i++)
        {
            if (sets[i].Length != ours.Length)
                throw new InvalidDataException(
                    $"{others[i]}: found {sets[i].Length} lines; expected {ours.Length}, as in {(path == "-" ? "standard input" : path)}");
        }
        if (ours.Length == 0)
            throw new InvalidDataException($"{(path == "-" ? "standard input" : path)}: found no line; expected one translation per line");
        var bleu = new Bleu(new BleuOptions { Lowercase = parsed.GetValue(lowercase), Tokenization = Named(parsed.GetRequiredValue(tokenization)) });
        var score = bleu.Corpus(ours, sets);
        var lower = parsed.GetValue(chrfLowercase);
        ChrF[] characters = parsed.GetValue(chrf) ? [new(new ChrFOptions { Lowercase = lower }), new(new ChrFOptions { Lowercase = lower, Words = 2 })] : [];
        var scores = characters.Select(c => (Score: c.Corpus(ours, sets), Signature: c.Signature(sets.Length))).ToArray();
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("bleu", score.Score);
                fields.WriteStartArray("precisions");
                foreach (var precision in score.Precisions)
                    fields.WriteNumberValue(precision);
                fields.WriteEndArray();
                fields.WriteNumber("brevity_penalty", score.BrevityPenalty);
                fields.WriteNumber("hypothesis_length", score.HypothesisLength);
                fields.WriteNumber("reference_length", score.ReferenceLength);
                fields.WriteString("signature", bleu.Signature(sets.Length));
                foreach (var (other, _) in scores)
                    fields.WriteNumber(other.Name, other.Score);
            });
            return ExitCode.Done;
        }
        terminal.Out.WriteLine(score);
        terminal.Out.WriteLine(bleu.Signature(sets.Length));
        foreach (var (other, signature) in scores)
        {
            terminal.Out.WriteLine(other);
            terminal.Out.WriteLine(signature);
        }
        return ExitCode.Done;
    }

    static BleuTokenization Named(string name) => name switch
    {
        "intl" => BleuTokenization.International,
        "none" => BleuTokenization.None,
        "char" => BleuTokenization.Character,
        _ => BleuTokenization.Mteval13a,
    };

    /// <summary>The lines of a text as sacreBLEU reads them: only \n ends a line, and a \r before it is dropped.</summary>
    static string[] Split(string text)
    {
        var lines = text.Split('\n');
        return [.. (lines[^1].Length == 0 ? lines[..^1] : lines).Select(line => line.EndsWith('\r') ? line[..^1] : line)];
    }

    string[] Lines(string path)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
            if (text.StartsWith('\uFEFF'))
            {
                terminal.Error.WriteLine(
                    $"warning: {path}: a byte-order mark begins the file; sacreBLEU counts it as part of the first word, and so does this score. "
                    + "Remove it for a score of the text alone.");
            }
            return Split(text);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}: bytes that are not UTF-8 ({e.Message}); expected text", e);
        }
    }
}
