using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints.Hub;
using Nonet.Files;

namespace Nonet.Cli.Commands;

/// <summary>Downloads a model from a hub.</summary>
sealed class PullCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = new("model") { Description = "owner/name, or owner/name@revision.", HelpName = "OWNER/NAME" };
    readonly Option<string[]> include =
        new("--include")
        {
            Description = "Download only matching files, such as *.gguf; repeatable. By default, everything that Nonet can use.",
            HelpName = "GLOB"
        };
    readonly Option<string[]> exclude = new("--exclude") { Description = "Skip matching files; repeatable.", HelpName = "GLOB" };
    readonly Option<string?> cache =
        new("--cache") { Description = "Folder for models; by default HF_HUB_CACHE, or ~/.cache/huggingface/hub.", HelpName = "DIR" };
    readonly Option<bool> offline = new("--offline") { Description = "Do not use the network; only look in the cache." };
    readonly Option<bool> json = Flags.MakeJson();

    public PullCommand(Terminal terminal) : base("pull", "Download a model from the Hugging Face Hub to the local cache, or resume an interrupted download.")
    {
        this.terminal = terminal;
        Add(model);
        foreach (var option in new Option[] { include, exclude, cache, offline, json })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        var text = parsed.GetRequiredValue(model);
        var name = HubName.TryParse(text) ?? throw new UsageException($"'{text}'; expected the name of a model, such as owner/name or owner/name@revision");
        var options = HubOptions.FromEnvironment();
        options = options with { Cache = parsed.GetValue(cache) ?? options.Cache, Offline = options.Offline || parsed.GetValue(offline) };
        using var client = new HubClient(options);
        PulledModel pulled;
        try
        {
            var selection = new HubSelection { Include = parsed.GetValue(include) ?? [], Exclude = parsed.GetValue(exclude) ?? [] };
            pulled = await client.Pull(name, selection, new Shown(terminal), stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            terminal.Status?.Clear();
            terminal.Error.WriteLine($"interrupted; resume with {Invocation.Program} pull {name}");
            return ExitCode.Interrupted;
        }
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteString("path", pulled.Folder);
                fields.WriteString("revision", name.Revision);
                fields.WriteString("commit", pulled.Commit);
                fields.WriteNumber("bytes", pulled.Bytes);
                fields.WriteNumber("downloaded_bytes", pulled.Downloaded);
                fields.WriteStartArray("files");
                foreach (var file in pulled.Files)
                    fields.WriteStringValue(file);
                fields.WriteEndArray();
            });
            return ExitCode.Done;
        }
        terminal.Out.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
            $"{pulled.Folder}: {Counted.Of(pulled.Files.Count, "file")}, {pulled.Bytes / 1e6:N1} MB, of which {pulled.Downloaded / 1e6:N1} MB were "
            + $"downloaded now"));
        terminal.Out.WriteLine($"next     {Invocation.Program} info {name}");
        return ExitCode.Done;
    }

    /// <summary>Shows progress on standard error: a line that is updated on a screen, otherwise a new line every ten seconds.</summary>
    sealed class Shown(Terminal terminal) : IProgress<HubProgress>
    {
        readonly long start = Stopwatch.GetTimestamp();
        readonly Lock gate = new();
        long told = Stopwatch.GetTimestamp();

        public void Report(HubProgress p)
        {
            lock (gate)
            {
                var last = p.Files == p.AllFiles;
                if (!last && Stopwatch.GetElapsedTime(told).TotalSeconds < (terminal.Status is null ? 10 : 0.2))
                    return;
                told = Stopwatch.GetTimestamp();
                var rate = p.Downloaded / Math.Max(0.001, Stopwatch.GetElapsedTime(start).TotalSeconds);
                var togo = rate > 0 && !last ? $", {TimeSpan.FromSeconds(Math.Min(1e6, (p.AllBytes - p.Bytes) / rate)):h\\:mm\\:ss} to go" : "";
                var line = string.Create(CultureInfo.InvariantCulture,
                    $"{p.Files} of {p.AllFiles} files, {p.Bytes / 1e6:N1} of {p.AllBytes / 1e6:N1} MB, {rate / 1e6:N1} MB/s{togo}");
                if (last)
                    terminal.Status?.Clear();
                if (last || terminal.Status is null)
                    terminal.Error.WriteLine(line);
                else
                    terminal.Status.Show(_ => line);
            }
        }
    }
}
