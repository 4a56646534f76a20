// Constrained decoding against public suites: which schemas compile, whether instances are accepted and rejected rightly, and how long masks take.
//
//   dotnet run -c Release bench/Constraints.cs -- suite FOLDER [--list]                    JSON-Schema-Test-Suite: a folder such as tests/draft2020-12
//   dotnet run -c Release bench/Constraints.cs -- masks FOLDER TOKENIZER [--vocab 128000] [--every N] [--list] MaskBench: maskbench/data; TOKENIZER is a
//   .tiktoken file, of which the first tokens are taken
//
// A schema is right if all of its instances are. --list names those that are not, and why schemas are refused. Build first: dotnet build -c Release
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2 || args[0] is not ("suite" or "masks") || (args[0] == "masks" && args.Length < 3))
{
    Console.Error.WriteLine(
        "usage: dotnet run -c Release bench/Constraints.cs -- suite FOLDER [--list] | masks FOLDER TOKENIZER [--vocab 128000] [--every N] [--list]");
    return 2;
}
var list = args.Contains("--list");
var bytes = new TokenVocabulary([.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })]);
return args[0] == "suite" ? Suite(args[1]) : Masks(args[1], args[2]);

int Suite(string folder)
{
    var (right, wrong, refused) = (0, 0, 0);
    var why = new Dictionary<string, int>();
    foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order())
    {
        foreach (var group in JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray())
        {
            if (Compile(group.GetProperty("schema").GetRawText(), bytes, why) is not { } constraint)
            {
                refused++;
                continue;
            }
            var bad = group.GetProperty("tests").EnumerateArray()
                .Where(t => Accepts(constraint.Constraint, Spaced(t.GetProperty("data"))) != t.GetProperty("valid").GetBoolean()).ToList();
            (right, wrong) = bad.Count == 0 ? (right + 1, wrong) : (right, wrong + 1);
            if (list)
                bad.ForEach(t => Console.WriteLine(
                    $"{Path.GetFileName(file)}: {group.GetProperty("description")}: {t.GetProperty("description")}: {t.GetProperty("data").GetRawText()} "
                    + $"should be {t.GetProperty("valid")}"));
        }
    }
    Tell(right, wrong, refused, why);
    return 0;
}

int Masks(string folder, string tokenizer)
{
    var ranks = File.ReadLines(tokenizer).Take(Option("--vocab", 128000)).Select(line => Convert.FromBase64String(line.Split(' ')[0])).ToArray();
    var vocabulary = new TokenVocabulary(ranks);
    var ids = ranks.Select((b, id) => (Encoding.Latin1.GetString(b), id)).ToDictionary(t => t.Item1, t => t.id);
    var longest = ranks.Max(r => r.Length);
    var (right, wrong, refused, masks, compiled) = (0, 0, 0, new List<double>(), new List<double>());
    var why = new Dictionary<string, int>();
    var slow = new List<(double, string)>();
    var mask = new TokenMask(vocabulary.Vocab);
    foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order().Where((_, i) => i % Option("--every", 1) == 0))
    {
        var test = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        if (Compile(test.GetProperty("schema").GetRawText(), vocabulary, why) is not { } made)
        {
            refused++;
            continue;
        }
        compiled.Add(made.Milliseconds);
        slow.Add((made.Milliseconds, "compile " + Path.GetFileName(file)));
        var bad = new List<string>();
        foreach (var instance in test.GetProperty("tests").EnumerateArray())
        {
            var (text, valid, state) = (Spaced(instance.GetProperty("data")), instance.GetProperty("valid").GetBoolean(), made.Constraint.Fork());
            var (utf8, at, ok) = (Encoding.UTF8.GetBytes(text), 0, true);
            while (at < utf8.Length && ok)
            {
                var length = Math.Min(longest, utf8.Length - at);
                while (!ids.ContainsKey(Encoding.Latin1.GetString(utf8, at, length)))
                    length--;
                var id = ids[Encoding.Latin1.GetString(utf8, at, length)];
                var start = Clock();
                state.Fill(mask);
                masks.Add(Clock() - start);
                if (masks[^1] > 0.4)
                    slow.Add((masks[^1],
                        $"mask {Path.GetFileName(file)} after {(Encoding.UTF8.GetString(utf8, 0, at) is { Length: > 60 } s ? s[^60..] : text[..at])}"));
                ok = mask.Contains(id);
                if (ok)
                    state.Accept(id);
                at += length;
            }
            if ((ok && state.MayEnd) != valid)
                bad.Add($"{Path.GetFileName(file)}: should be {(valid ? "valid" : "invalid")}, {(ok ? "ended" : $"stopped at {at}")}: "
                    + $"{(text.Length > 300 ? text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 100)] : text)}");
        }
        (right, wrong) = bad.Count == 0 ? (right + 1, wrong) : (right, wrong + 1);
        if (list)
            bad.ForEach(Console.WriteLine);
    }
    Tell(right, wrong, refused, why);
    Console.WriteLine($"compile, ms: {Quantiles(compiled)}");
    Console.WriteLine($"mask, ms:    {Quantiles(masks)}");
    if (list)
        slow.OrderByDescending(s => s.Item1).Take(2000).ToList().ForEach(s => Console.WriteLine($"{s.Item1:0.0} ms {s.Item2}"));
    return 0;
}

(ITokenConstraint Constraint, double Milliseconds)? Compile(string schema, TokenVocabulary vocabulary, Dictionary<string, int> why)
{
    var start = Clock();
    try
    {
        return (StructuredText.JsonSchema(schema, vocabulary), Clock() - start);
    }
    catch (Exception e) when (e is NotSupportedException or InvalidDataException)
    {
        var reason = e.Message.Contains(" cannot be enforced", StringComparison.Ordinal) && e.Message.StartsWith("schema #", StringComparison.Ordinal)
            ? e.Message.Split(" cannot be enforced")[0].Split(": ")[^1] + (e.Message.Contains("no keyword", StringComparison.Ordinal) ? " (no keyword)" : "")
            : e.Message.Split(": ") is [_, var what, ..] ? what : e.Message;
        reason = reason.Length > 60 ? reason[..60] : reason;
        why[reason] = why.GetValueOrDefault(reason) + 1;
        return null;
    }
}

bool Accepts(ITokenConstraint constraint, string json)
{
    var state = constraint.Fork();
    var mask = new TokenMask(256);
    foreach (var b in Encoding.UTF8.GetBytes(json))
    {
        state.Fill(mask);
        if (!mask.Contains(b))
            return false;
        state.Accept(b);
    }
    return state.MayEnd;
}

void Tell(int right, int wrong, int refused, Dictionary<string, int> why)
{
    Console.WriteLine($"schemas: {right + wrong + refused}; supported {right + wrong}, of these right {right} "
        + $"({100.0 * right / Math.Max(1, right + wrong):0.0} %), wrong {wrong}; refused {refused}");
    if (list)
        why.OrderByDescending(w => w.Value).Take(60).ToList().ForEach(w => Console.WriteLine($"  {w.Value,5} {w.Key}"));
}

// Python's layout: a space after commas and colons.
static string Spaced(JsonElement json) => json.ValueKind switch
{
    JsonValueKind.Object => "{" + string.Join(", ", json.EnumerateObject().Select(p => $"{Text(p.Name)}: {Spaced(p.Value)}")) + "}",
    JsonValueKind.Array => "[" + string.Join(", ", json.EnumerateArray().Select(Spaced)) + "]",
    JsonValueKind.String => Text(json.GetString()!),
    _ => json.GetRawText(),
};

static string Text(string value)
{
    using var stream = new MemoryStream();
    using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        writer.WriteStringValue(value);
    return Encoding.UTF8.GetString(stream.ToArray());
}

static string Quantiles(List<double> values)
{
    values.Sort();
    return $"n {values.Count}, mean {values.Average():0.0000}, p50 {At(0.5)}, p90 {At(0.9)}, p99 {At(0.99)}, p99.9 {At(0.999)}, largest {values[^1]:0.000}";
    string At(double q) => $"{values[(int)(q * (values.Count - 1))]:0.0000}";
}

// Milliseconds of this thread's processor time, so that other work on the machine does not count; elsewhere than on Linux, of the clock.
static double Clock()
{
    if (!OperatingSystem.IsLinux())
        return Stopwatch.GetTimestamp() * 1e3 / Stopwatch.Frequency;
    _ = clock_gettime(3, out TimeSpec time);
    return (time.Seconds * 1e3) + (time.Nanoseconds / 1e6);
    [DllImport("libc")] static extern int clock_gettime(int clock, out TimeSpec time);
}

int Option(string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var at ? int.Parse(args[at + 1]) : otherwise;

struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}
