// Compares a trained model with llama.cpp on the same GGUF files: 32 greedy tokens and all log probabilities at each of them, for 5 prompts.
//
//   NONET_PEERS=ROOT dotnet run -c Release bench/Gguf.cs -- MODEL...
//
// ROOT is a tree with llama-server, entered by chroot (as root); files are made in its folder w and removed.
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

string[] prompts = ["The king", "Once upon a time", "I have", "What is the matter with", "\n"];
var root = Environment.GetEnvironmentVariable("NONET_PEERS")
    ?? throw new InvalidOperationException("NONET_PEERS is not set: the root of a tree with llama-server");
using var device = new CpuDevice();
Console.WriteLine("model, type, greedy tokens equal, largest difference of a log probability over the largest logit");
foreach (var path in args)
{
    foreach (var type in new[] { "F16", "Q8_0" })
    {
        var inside = $"/w/nonet-{Guid.NewGuid():N}.gguf";
        try
        {
            using (var model = new LoadedModel(path, device))
                GgufModel.Save(root + inside, model.Config, model.Model.Parameters, model.LoadTokenizer(), type);
            await Compare(path, type, inside);
        }
        finally
        {
            File.Delete(root + inside);
        }
    }
}

async Task Compare(string path, string type, string inside)
{
    using var probe = new TcpListener(IPAddress.Loopback, 0);
    probe.Start();
    var port = ((IPEndPoint)probe.LocalEndpoint).Port;
    probe.Stop();
    var start = new ProcessStartInfo("chroot",
        [root, "sh", "-c", $"exec llama-server -m {inside} --port {port} -t 2 -np 1 --no-warmup -fa off -ctk f32 -ctv f32 >/dev/null 2>&1"]);
    using var server = Process.Start(start)!;
    using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    using var open = new LoadedModel(root + inside, device);
    try
    {
        while (true)
        {
            if (server.HasExited)
                throw new InvalidOperationException("llama-server ended");
            try
            {
                if ((await client.GetAsync("/health")).IsSuccessStatusCode)
                    break;
            }
            catch (HttpRequestException)
            {
                // not listening yet
            }
            await Task.Delay(50);
        }
        var (equal, total, largest) = (0, 0, 0.0);
        foreach (var prompt in prompts)
        {
            int[] ids = open.LoadTokenizer().Encode(prompt);
            var request = $$"""{"prompt":[{{string.Join(',', ids)}}],"n_predict":32,"temperature":0,"n_probs":{{open.Model.Vocab}},"cache_prompt":false,"samplers":["temperature"]}""";
            using var content = new StringContent(request, System.Text.Encoding.UTF8, "application/json");
            var answer = await client.PostAsync(new Uri("/completion", UriKind.Relative), content);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            var steps = json.RootElement.GetProperty("completion_probabilities").EnumerateArray().ToArray();
            int[] theirs = [.. steps.Select(s => s.GetProperty("id").GetInt32())];
            var options = new GenerationOptions { MaxTokens = theirs.Length, Sampler = SamplerOptions.Greedy };
            using var engine = new DecodingEngine(open.Decoder);
            int[] ours = [.. engine.Generate(ids, options).ToBlockingEnumerable().Select(t => t.Id)];
            equal += ours.Zip(theirs).Count(pair => pair.First == pair.Second);
            total += theirs.Length;
            using var scope = new TensorScope();
            var logits = open.Decoder.Output(open.Decoder.Forward(Batch.Of(open.Device, [[.. ids, .. theirs[..^1]]]))).ToDoubles();
            for (var step = 0; step < theirs.Length; step++)
            {
                var row = logits[((ids.Length - 1 + step) * open.Model.Vocab)..][..open.Model.Vocab];
                var (most, sum) = (row.Max(Math.Abs), Math.Log(row.Sum(Math.Exp)));
                foreach (var p in steps[step].GetProperty("top_logprobs").EnumerateArray())
                    largest = Math.Max(largest, Math.Abs(row[p.GetProperty("id").GetInt32()] - sum - p.GetProperty("logprob").GetDouble()) / most);
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}, {type}, {equal} of {total}, {largest:E1}"));
    }
    finally
    {
        server.Kill(entireProcessTree: true);
    }
}
