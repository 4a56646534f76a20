using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Nonet.Data;
using Nonet.Tensors.Cpu;

namespace Nonet.Cli;

/// <summary>Options that several verbs share, and options whose values are checked when they are parsed.</summary>
static class Flags
{
    public const string Threads = "--threads", Verbose = "--verbose", Json = "--json", TraceVariable = "NONET_TRACE";

    public static Option<int?> MakeThreads()
    {
        var threads = Whole(Threads, "Number of threads; one per core by default. The results do not depend on it.", 1, 1024);
        threads.Recursive = true;
        return threads;
    }

    /// <summary>The device on which the command computes.</summary>
    public static CpuDevice Device(ParseResult parsed) => new(parsed.GetValue<int?>(Threads));

    public static Option<bool> MakeVerbose() =>
        new(Verbose) { Description = $"Show the stack trace of an error; {TraceVariable}=1 does the same.", Recursive = true };

    /// <summary>The option for the encoding of text files.</summary>
    public static Option<string> MakeEncoding()
    {
        var option = new Option<string>("--encoding")
        {
            Description = "Encoding of text and JSONL files: auto (UTF-8, or UTF-16 with a byte-order mark), latin-1, windows-1252, utf-16le or utf-16be.",
            HelpName = "NAME",
            DefaultValueFactory = _ => TextEncodings.Names[0].Name,
        };
        option.AcceptOnlyFromAmong([.. TextEncodings.Names.Select(e => e.Name)]);
        return option;
    }

    /// <summary>The encoding of a name that <see cref="MakeEncoding"/> accepts.</summary>
    public static TextEncoding EncodingOf(string name) => TextEncodings.Names.First(e => e.Name == name).Encoding;

    public static Option<bool> MakeJson() => new(Json) { Description = "Write one JSON object to standard output and nothing else." };

    /// <summary>The argument for a model: a folder, a file, or the name of a pulled model.</summary>
    public static Argument<string> MakeModel() =>
        new("MODEL")
        {
            Description =
        "A Hugging Face folder, a .gguf file, a run folder (its best checkpoint, otherwise its last), or owner/name of a pulled model."
        };

    /// <summary>An option with a whole number; null if it is not given and has no default.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most = int.MaxValue, int? otherwise = null)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.CustomParser = result => Parse(result, name, $"a whole number from {least} to {most}",
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : (int?)null);
        if (otherwise is { } value)
            option.DefaultValueFactory = _ => value;
        return option;
    }

    /// <summary>An option with a number that meets a condition.</summary>
    public static Option<double?> Number(string name, string description, string expected, Func<double, bool> allowed)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "X" };
        option.CustomParser = result => Parse(result, name, expected,
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) && allowed(x) ? x : (double?)null);
        return option;
    }

    public static Option<ulong?> Seed(string description)
    {
        var option = new Option<ulong?>("--seed") { Description = description, HelpName = "S" };
        option.CustomParser = result => Parse(result, "--seed", "a whole number from 0 to 2^64 - 1",
            text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : (ulong?)null);
        return option;
    }

    public static Option<string?> MakeAdapter() =>
        new("--adapter") { Description = "Folder with a LoRA adapter in PEFT's format, or a run that trained one.", HelpName = "DIR" };

    /// <summary>An option with whole numbers of at least 0, separated by commas, such as token ids.</summary>
    public static Option<int[]> Ids(string name, string description, bool required = true)
    {
        var option = new Option<int[]>(name) { Description = description, HelpName = "1,2,3", Required = required };
        option.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            var parts = text.Split(',');
            var ids = new int[parts.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                if (!int.TryParse(parts[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out ids[i]))
                {
                    result.AddError($"{name} is '{text}'; expected token ids separated by commas, such as 1,2,3");
                    return null;
                }
            }
            return ids;
        };
        return option;
    }

    static T? Parse<T>(ArgumentResult result, string name, string expected, Func<string, T?> parse) where T : struct
    {
        var text = result.Tokens[0].Value;
        if (parse(text) is { } value)
            return value;
        result.AddError($"{name} is '{text}'; expected {expected}");
        return null;
    }
}
