using Nonet.Files;
using Nonet.Scaling.Runs;
using Nonet.Tensors;
using Parquet;
using Parquet.Schema;

namespace Nonet.Tests.Scaling.Runs;

public sealed class RunTableTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    RunTable Read(string name, string text, RunTableOptions? options = null) => RunTable.Read(folder.Add(name, text), options);

    [Fact]
    public async Task Csv_jsonl_and_parquet_give_the_same_runs()
    {
        var csv = Read("a.csv", "name,Loss,tokens,n_params,seed\r\n\"small, one\",3.5,1e9,1000000,1\r\nlarge,3.1,2e9,4000000,1\r\n").Runs;
        var jsonl = Read("a.jsonl",
            "{\"loss\":3.5,\"d\":1e9,\"n\":1000000,\"name\":\"small, one\",\"seed\":1}\n\n{\"n\":4e6,\"loss\":3.1,\"name\":\"large\",\"d\":2e9,\"seed\":1}\n")
            .Runs;
        Field name = new DataField<string>("name"), loss = new DataField<double>("loss"), tokens = new DataField<long>("tokens"), n = new DataField<int>("n"),
            seed = new DataField<int?>("seed");
        var path = folder["a.parquet"];
        await using (var stream = File.Create(path))
        {
            await using var writer =
                await ParquetWriter.CreateAsync(new ParquetSchema(name, loss, tokens, n, seed), stream,
                cancellationToken: TestContext.Current.CancellationToken);
            using var group = writer.CreateRowGroup();
            await group.WriteAsync((DataField)name, new[] { "small, one", "large" });
            await group.WriteAsync<double>((DataField)loss, new[] { 3.5, 3.1 }, cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync<long>((DataField)tokens, new[] { 1_000_000_000L, 2_000_000_000 }, cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync<int>((DataField)n, new[] { 1_000_000, 4_000_000 }, cancellationToken: TestContext.Current.CancellationToken);
            await group.WriteAsync<int>((DataField)seed, new int?[] { 1, 1 }, cancellationToken: TestContext.Current.CancellationToken);
        }
        var parquet = RunTable.Read(path).Runs;
        foreach (var runs in new[] { csv, jsonl, parquet })
        {
            Assert.Equal([(1, "small, one", 1e6, 1e9, 3.5, 6e15, "1"), (2, "large", 4e6, 2e9, 3.1, 4.8e16, "1")],
                runs.Select(r => (r.Row, r.Name, r.Parameters, r.Tokens, r.Loss, r.Flops, r.Seed)));
        }
    }

    [Fact]
    public void The_separator_is_that_of_the_header_whatever_comments_precede_it() =>
        Assert.Equal([1e6, 2e6], Read("a.tsv", "# seed 1, tuned\n\nn\td\tloss\n1e6\t1e9\t3\n2e6\t1e9\t2.9\n").Runs.Select(r => r.Parameters));

    async Task<string> Parquet<T>(string column, T[] values, int columns = 0) where T : struct
    {
        var cancel = TestContext.Current.CancellationToken;
        DataField named = new DataField<T>(column), d = new DataField<float>("d"), loss = new DataField<double>("loss");
        DataField[] others = [.. Enumerable.Range(0, columns).Select(i => new DataField<int>($"x{i}"))];
        var path = folder["typed.parquet"];
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema([named, d, loss, .. others]), stream, cancellationToken: cancel);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync<T>(named, values, cancellationToken: cancel);
        await group.WriteAsync<float>(d, values.Select(_ => 1e9f).ToArray(), cancellationToken: cancel);
        await group.WriteAsync<double>(loss, values.Select(_ => 3.0).ToArray(), cancellationToken: cancel);
        foreach (var other in others)
            await group.WriteAsync<int>(other, new int[values.Length], cancellationToken: cancel);
        return path;
    }

    [Fact]
    public async Task Parquet_columns_of_every_whole_number_are_read()
    {
        Assert.Equal(3e9, RunTable.Read(await Parquet("n", [3_000_000_000UL])).Runs[0].Parameters);
        Assert.Equal(3e9, RunTable.Read(await Parquet("n", [3_000_000_000U])).Runs[0].Parameters);
        Assert.Equal(30_000, RunTable.Read(await Parquet("n", new short[] { 30_000 })).Runs[0].Parameters);
        Assert.Equal(60_000, RunTable.Read(await Parquet("n", new ushort[] { 60_000 })).Runs[0].Parameters);
        Assert.Equal(200, RunTable.Read(await Parquet("n", new byte[] { 200 })).Runs[0].Parameters);
        Assert.Equal(100, RunTable.Read(await Parquet("n", new sbyte[] { 100 })).Runs[0].Parameters);
    }

    [Fact]
    public async Task A_parquet_column_of_another_type_is_named_where_runs_are_read_from_it()
    {
        var decimals = await Parquet("n_params", [5m]);
        Assert.Contains("column 'n_params' of decimal", Assert.Throws<MalformedFileException>(() => RunTable.Read(decimals)).Message, StringComparison.Ordinal);
        var truths = await Parquet("Steps", [true]);
        Assert.Contains("column 'Steps' of bool", Assert.Throws<MalformedFileException>(() => RunTable.Read(truths)).Message, StringComparison.Ordinal);
        var other = await Parquet("tuned", [true]); // passed over
        Assert.Contains("columns d, loss;", Assert.Throws<MalformedFileException>(() => RunTable.Read(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_parquet_file_of_too_many_cells_is_refused_before_they_are_made()
    {
        var path = await Parquet("n", new int[5000], columns: 4000);
        Assert.Contains("5000 rows of 4003 columns; expected at most 16777216 cells", Assert.Throws<MalformedFileException>(() => RunTable.Read(path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_third_of_N_D_and_C_is_found_from_the_two()
    {
        Assert.Equal(1e9, Read("a.csv", "n,flops,loss\n1e6,6e15,3\n").Runs[0].Tokens, 1.0);
        Assert.Equal(1e6, Read("b.csv", "d,c,loss\n1e9,6e15,3\n").Runs[0].Parameters, 1e-3);
        Assert.Contains("D is C / 6N: the table has no tokens", Read("a.csv", "n,flops,loss\n1e6,6e15,3\n").Notes);
    }

    [Fact]
    public void Counting_without_embeddings_takes_that_column_and_6ND_of_it()
    {
        const string text = "n_params,n_non_embedding,tokens,flops_6nd,flops_full,loss\n3e6,1e6,1e9,1.8e16,2e16,3\n";
        Assert.Equal((3e6, 1.8e16), Read("a.csv", text).Runs.Select(r => (r.Parameters, r.Flops)).Single());
        Assert.Equal((1e6, 6e15),
            Read("a.csv", text, new RunTableOptions { Counting = ParameterCounting.NonEmbedding }).Runs.Select(r => (r.Parameters, r.Flops)).Single());
        Assert.Equal((3e6, 2e16), Read("a.csv", text, new RunTableOptions { Flops = FlopCounting.Full }).Runs.Select(r => (r.Parameters, r.Flops)).Single());
    }

    [Fact]
    public void Rows_are_chosen_by_a_columns_value_and_left_out_by_number_and_keep_their_numbers()
    {
        const string text = "set,n,d,loss\na,1e6,1e9,3\nb,1e6,1e9,4\na,2e6,1e9,2.9\na,4e6,1e9,2.8\n";
        Assert.Equal([1, 4], Read("a.csv", text, new RunTableOptions { Where = [("set", "a")], Without = [3] }).Runs.Select(r => r.Row));
        Assert.Contains("no row has set = c",
            Assert.Throws<BadRunsException>(() => Read("a.csv", text, new RunTableOptions { Where = [("set", "c")] })).Message, StringComparison.Ordinal);
        Assert.Contains("cannot leave out row 9", Assert.Throws<BadRunsException>(() => Read("a.csv", text, new RunTableOptions { Without = [9] })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Curves_are_read_from_cells_and_from_arrays()
    {
        CurvePoint[] expected = [new(1e6, 5), new(1e7, 4), new(1e8, 3)];
        Assert.Equal(expected, Read("a.csv", "n,d,loss,curve_tokens,curve_loss\n1e6,1e8,3,1e6;1e7;1e8,5;4;3\n").Runs[0].Curve);
        Assert.Equal(expected, Read("a.jsonl", "{\"n\":1e6,\"d\":1e8,\"loss\":3,\"curve_tokens\":[1e6,1e7,1e8],\"curve_loss\":[5,4,3]}\n").Runs[0].Curve);
    }

    [Fact] // |G_B|² = |G|² + tr Σ / B with |G|² = 2 and tr Σ = 8000: a noise scale of 4000
    public void The_noise_scale_is_found_from_the_norms_of_two_batches() =>
        Assert.Equal(4000, Read("a.csv", "n,d,loss,norm2_small,norm2_big,batch_small,batch_big\n1e6,1e9,3,10,2.8,1000,10000\n").Runs[0].NoiseScale!.Value,
            1e-6);

    [Theory]
    [InlineData("n,d,loss\n1e6,1e9,3\n1e6,2e9,NaN\n", "row 2: loss is NaN")]
    [InlineData("n,d,loss\n1e6,1e9,3\n-5,2e9,3\n", "row 2: n is -5")]
    [InlineData("n,d,loss\n1e6,1e9,3\n70M,2e9,3\n", "row 2: n is '70M'; expected a plain number, without units")]
    [InlineData("n,d,loss\n1e6,1e9,\n", "row 1: loss is empty")]
    [InlineData("n,d,loss,lr\n1e6,1e9,3,fast\n", "row 1: lr is 'fast'")]
    [InlineData("n,d,loss,curve_tokens,curve_loss\n1e6,1e9,3,1;2,3\n", "row 1: curve_tokens has 2 numbers and curve_loss 1")]
    [InlineData("n,d,loss,curve_tokens,curve_loss\n1e6,1e9,3,2;1,3;2\n", "row 1: point 2 of the curve")]
    [InlineData("n,d,loss,curve_tokens,curve_loss\n1e6,1e9,3,1;2,\n", "row 1: curve_tokens without curve_loss")]
    [InlineData("n,d,loss,curve_loss\n1e6,1e9,3,3;2\n", "row 1: curve_loss without curve_tokens")]
    [InlineData("n,d,loss,noise_scale\n1e6,1e9,3,\n1e6,2e9,3,-5\n", "row 2: noise_scale is -5; expected a positive number")]
    [InlineData("n,d,loss,batch_tokens\n1e6,1e9,3,0\n", "row 1: batch_tokens is 0; expected a positive number")]
    [InlineData("n,d,loss,steps\n1e6,1e9,3,NaN\n", "row 1: steps is NaN; expected a positive number")]
    public void Cells_that_are_no_runs_are_named(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<BadRunsException>(() => Read("a.csv", text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a.csv", "", "an empty file")]
    [InlineData("a.csv", "n,d,loss\n", "no rows")]
    [InlineData("a.csv", "n,d\n1,2\n", "columns n, d")]
    [InlineData("a.csv", "n,loss\n1,2\n", "two of n")]
    [InlineData("a.csv", "n,n_params,d,loss\n1,1,2,3\n", "n and n_params")]
    [InlineData("a.csv", "n,n,d,loss\n1,1,2,3\n", "column 'n' 2 times")]
    [InlineData("a.csv", "n,d,loss\n1,2\n", "2 cells in row 1 (line 2)")]
    [InlineData("a.csv", "n,d,loss\n\"1,2,3\n", "a quotation mark in line 2")]
    [InlineData("a.csv", "n,d,loss\n\"1\"x,2,3\n", "'x' behind a closing quotation mark")]
    [InlineData("a.jsonl", "{\"n\":1,\n", "broken JSON")]
    [InlineData("a.jsonl", "{\"n\":1e6,\"d\":1e9,\"loss\":NaN}\n", "NaN or Infinity, which JSON does not have in row 1")]
    [InlineData("a.jsonl", "{}\n{\"n\":1e6,\"name\":\"\\ud800\"}\n", "in row 2; expected escapes of whole characters")]
    [InlineData("a.jsonl", "{\"\\ud800\":1}\n", "in row 1; expected escapes of whole characters")]
    [InlineData("a.jsonl", "[1]\n", "no JSON object in row 1")]
    [InlineData("a.jsonl", "{\"n\":{}}\n", "'n' in row 1: an object")]
    [InlineData("a.parquet", "n,d,loss\n", "an unreadable Parquet file")]
    public void What_is_no_table_is_named(string name, string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<MalformedFileException>(() => Read(name, text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a.csv", "name,n,d,loss,curve_tokens,curve_loss\n\"a\",1e6,1e9,3,1;2,4;3\nb,2e6,1e9,2.9,1;2,4;3\n")]
    [InlineData("a.jsonl", "{\"n\":1e6,\"d\":1e9,\"loss\":3,\"name\":\"a\"}\n{\"n\":2e6,\"d\":1e9,\"loss\":2.9,\"curve_tokens\":[1,2]}\n")]
    public void A_damaged_file_is_refused_in_words_or_read(string name, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < 400; i++)
        {
            var key = new RandomKey(11, (uint)i, 2);
            byte[] damaged = [.. bytes];
            for (var k = 0; k <= i % 4; k++)
                damaged[Philox.Below(key, (ulong)(2 * k), damaged.Length)] = (byte)Philox.Below(key, (ulong)(2 * k + 1), 256);
            try
            {
                RunTable.Read(folder.Add(name, i % 5 == 0 ? damaged[..(damaged.Length * (i % 97) / 97)] : damaged));
            }
            catch (FormatException) // MalformedFileException or BadRunsException
            {
            }
        }
    }

    [Fact]
    public void A_table_of_more_columns_than_any_has_is_refused_before_it_is_made()
    {
        var wide = string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"x{i}\":1}}\n"));
        Assert.Contains("different fields; expected at most 4096 fields", Assert.Throws<MalformedFileException>(() => Read("wide.jsonl", wide)).Message,
            StringComparison.Ordinal);
        var sparse = "{" + string.Join(',', Enumerable.Range(0, 4000).Select(i => $"\"x{i}\":1")) + "}\n" + string.Concat(Enumerable.Repeat("{}\n", 5000));
        Assert.Contains("16777216 cells", Assert.Throws<MalformedFileException>(() => Read("sparse.jsonl", sparse)).Message, StringComparison.Ordinal);
    }
}
