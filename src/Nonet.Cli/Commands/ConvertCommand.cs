using System.CommandLine;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Checkpoints.Llama2c;
using Nonet.Formats.Gguf;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Writes a model in another format.</summary>
sealed class ConvertCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> output = MakeOutput();
    readonly Option<string?> type = MakeType();
    readonly Option<bool> force = MakeForce();

    public ConvertCommand(Terminal terminal)
        : base("convert", "Write a model as GGUF, as a llama2.c checkpoint or as a Hugging Face folder. An adapter is merged into it.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(output);
        Add(type);
        Add(force);
        SetAction((parsed, stopping) => Task.Run(() =>
            Write(terminal, parsed, parsed.GetRequiredValue(model), parsed.GetValue(adapter), parsed.GetRequiredValue(output), parsed.GetValue(type),
                parsed.GetValue(force)), stopping));
    }

    public static Argument<string> MakeOutput() =>
        new("out")
        {
            Description = "A .gguf file, a .bin file of llama2.c, or a folder for config.json, model.safetensors and tokenizer.json.",
            HelpName = "OUT"
        };

    public static Option<string?> MakeType() =>
        new("--type")
        {
            Description =
            "Type of the weights: f32, f16, bf16, or for GGUF any type of nonet quantize. By default a folder keeps the types, and a .gguf file gets f16.",
            HelpName = "TYPE"
        };

    public static Option<bool> MakeForce() => new("--force") { Description = "Replace OUT if it exists." };

    /// <summary>Opens a model, with an adapter if one is given, and writes it with the adapter merged.</summary>
    public static int Write(Terminal terminal, ParseResult parsed, string model, string? adapter, string target, string? type, bool force)
    {
        var (gguf, llama2c) = (GgufFile.Is(target), Llama2cFile.Is(target));
        var wanted = type?.ToUpperInvariant();
        string[] known = gguf ? [.. QuantizationMix.All.Select(m => m.Name)] : llama2c ? ["F32"] : ["F32", "F16", "BF16"];
        if (wanted is not null && !known.Contains(wanted))
            throw new UsageException(
                $"--type is '{type}'; expected one of {string.Join(", ", known).ToLowerInvariant()} for {(gguf ? "GGUF" : llama2c ? "llama2.c" : "a folder")}");
        if (!force && (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())))
            throw new IOException($"{target} exists already; name another path, or replace it with --force");
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(model, device, adapter, prepare: false);
        if (Path.GetFullPath(target) == Path.GetFullPath(open.FolderPath))
            throw new UsageException($"{target} is the model itself; name another path");
        var tokenizer = open.HasTokenizer ? open.LoadTokenizer() : null;
        if (gguf)
            GgufModel.Save(target, open.Config, open.Model.Parameters, tokenizer, wanted ?? "F16",
                Path.GetFileName(Path.TrimEndingDirectorySeparator(open.FolderPath)), Settings(open, tokenizer), new LostChanges(terminal),
                adapter: open.Adapter);
        else if (llama2c)
        {
            open.Adapter?.Merge();
            Llama2cWriter.Save(target, open.Config, open.Model.Parameters, tokenizer);
        }
        else
        {
            DType? dtype = wanted switch { "F32" => DType.F32, "F16" => DType.F16, "BF16" => DType.BF16, _ => null };
            ModelFolder.Replace(target, folder =>
                HuggingFaceFolder.Save(folder, open.Config, open.Model.Parameters, tokenizer, dtype, open.Adapter, Settings(open, tokenizer)));
        }
        terminal.Out.WriteLine($"{target}: {open.Config.Family}, {open.Model.Parameters.Count:N0} weights{(tokenizer is null ? ", without a tokenizer" : "")}");
        return ExitCode.Done;
    }

    /// <summary>The model's settings; for a llama2.c checkpoint, the tokenizer's.</summary>
    public static ModelSettings Settings(LoadedModel open, Tokenizer? tokenizer) =>
        open.File.Format != "llama2.c" || tokenizer is null ? open.Settings
        : ModelSettings.Of(open.Config, tokenizer) with { BeginToken = open.File.StartToken(tokenizer) };
}
