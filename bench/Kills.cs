// Kills a training run at random moments (SIGKILL) until it has been killed so often, resuming it each time; then lets it end and compares every byte of its
// last checkpoint with that of a run that nobody disturbed.
//
//   dotnet run -c Release bench/Kills.cs -- [--kills 30] [--seed 1] [--longest MILLISECONDS] [--train RECIPE --set KEY=VALUE ...]
//
// What follows --train is given to nonet train instead of a small LLaMA's recipe; it should save often and last for a few seconds a kill.
// Build first: dotnet build -c Release. Run folders are made in a temporary folder and removed.
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

var kills = int.Parse(Option("--kills", "30"), CultureInfo.InvariantCulture);
var random = new Random(int.Parse(Option("--seed", "1"), CultureInfo.InvariantCulture));
var nonet = Path.Combine(Directory.GetCurrentDirectory(), "src/Nonet.Cli/bin/Release/net10.0/nonet.dll");
var folder = Directory.CreateTempSubdirectory("nonet-kills-").FullName;
try
{
    var own = Array.IndexOf(args, "--train");
    string[] Arguments(string run) => own >= 0 ? [nonet, "train", .. args[(own + 1)..], "--out", Path.Combine(folder, run)] :
    [
        nonet, "train", "recipes/llama-1m.yaml", "--out", Path.Combine(folder, run), "--set", "data.path=data/tinyshakespeare.txt", "--set",
        "data.validation=0.02", "--set", "model.width=64",
        "--set", "model.hidden=192", "--set", "model.context=64", "--set", "training.batch=8", "--set",
        "training.steps=" + (kills * 40).ToString(CultureInfo.InvariantCulture),
        "--set", "training.evaluate_every=500", "--set", "training.save_every=5", "--set", "run.report_every=2", "--set", "run.sample_every=null",
    ];
    Require(Run(Arguments("straight"), null), "the undisturbed run");
    var (killed, early, last) = (0, 0, 0);
    for (var resume = false; killed < kills; resume = true)
    {
        var begun = resume && File.Exists(Path.Combine(folder, "killed", "recipe.yaml"));
        var after = TimeSpan.FromMilliseconds(random.Next(200, int.Parse(Option("--longest", "2600"), CultureInfo.InvariantCulture)));
        string[] more = begun ? ["--resume"] : [];
        if (Run([.. Arguments("killed"), .. more], after) is { } code)
        {
            Require(code, "a resumed run");
            break; // it ended before it was killed
        }
        killed++;
        var at = Step();
        early += at == last ? 1 : 0;
        Console.WriteLine($"kill {killed,2} after {after.TotalSeconds:0.00} s: checkpoint of step {at}");
        last = at;
    }
    Require(Run([.. Arguments("killed"), "--resume"], null), "the last resumed run");
    var (straight, disturbed) = (Sums("straight"), Sums("killed"));
    foreach (var (name, sum) in straight)
        Console.WriteLine($"{(disturbed.GetValueOrDefault(name) == sum ? "equal" : "DIFFERS")}  {name}");
    var equal = straight.Count == disturbed.Count && straight.All(s => disturbed.GetValueOrDefault(s.Key) == s.Value);
    Console.WriteLine($"{killed} kills ({early} before a further checkpoint): the final bytes {(equal ? "are equal" : "DIFFER")}");
    return equal && killed == kills ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

// The exit code, or null where it was killed.
int? Run(string[] arguments, TimeSpan? killAfter)
{
    using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
    var error = process.StandardError.ReadToEndAsync();
    var output = process.StandardOutput.ReadToEndAsync();
    if (killAfter is { } time && !process.WaitForExit(time))
    {
        process.Kill();
        process.WaitForExit();
        return null;
    }
    process.WaitForExit();
    if (process.ExitCode != 0)
        Console.Error.WriteLine(error.Result);
    return process.ExitCode;
}

void Require(int? code, string what)
{
    if (code != 0)
        throw new InvalidOperationException($"{what} ended with exit code {code}");
}

int Step() => File.Exists(Path.Combine(folder, "killed", "checkpoints", "last"))
    ? int.Parse(File.ReadAllText(Path.Combine(folder, "killed", "checkpoints", "last")).Trim()["step-".Length..], CultureInfo.InvariantCulture) : 0;

Dictionary<string, string> Sums(string run)
{
    var checkpoints = Path.Combine(folder, run, "checkpoints");
    var last = Path.Combine(checkpoints, File.ReadAllText(Path.Combine(checkpoints, "last")).Trim());
    return Directory.GetFiles(last, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(last, f), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));
}
