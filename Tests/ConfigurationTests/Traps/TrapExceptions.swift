/// Lines that the rules forbid but that can't trap, with the reason.
struct TrapException {
    let file: String
    let reason: String
    let lines: [String]

    init(_ file: String, _ reason: String, _ lines: String) {
        self.file = file
        self.reason = reason
        self.lines = lines.split(separator: "\n").map(String.init)
    }

    static let all: [TrapException] = [
        TrapException(
            "Shared/Product/Analysis/BoundedSmallest.swift",
            "The search keeps its index between 0 and the count; the last element goes when there are more than none.",
            #"""
            guard low == elements.count || elements[low].key != key else { return }
            if elements.count == Self.most { elements.removeLast() }
            if elements[middle].key < key { low = middle + 1 } else { high = middle }
            """#),
        TrapException(
            "Shared/Product/Assistant/Tool.swift",
            "The names of a tool's inputs are written in the code, each once.",
            #"""
            let properties = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.schema) })
            """#),
        TrapException(
            "Shared/Data/Auth/APIKey.swift",
            "The digits are a constant.",
            #"""
            let random = (marker.utf8.count..<length).map { _ in digits[Int.random(in: 0..<digits.count)] }
            """#),
        TrapException(
            "Shared/Base/Base/Base64.swift",
            "The 64 digits are a constant, six bits choose one; the table has a place for each byte.",
            #"""
            for (value, digit) in digits.enumerated() { values[Int(digit)] = value }
            for digit in 0...group.count { text.append(digits[bits >> (18 - 6 * digit) & 63]) }
            """#),
        TrapException(
            "Shared/Base/Base/Checked.swift",
            "The checks themselves.",
            #"""
            firstIndex(of: separator).map { (self[..<$0], self[$0...].dropFirst()) }
            index >= startIndex && index < endIndex ? self[index] : nil
            lastIndex(of: separator).map { (self[..<$0], self[$0...].dropFirst()) }
            return self[lower..<Swift.min(Swift.max(end, lower), endIndex)]
            """#),
        TrapException(
            "Shared/Platforms/Connectors/PlatformAPI.swift",
            "The line before has found the request at this index, and there is a value for each request.",
            #"""
            values[index] = value
            """#),
        TrapException(
            "Shared/Data/Jobs/ChildProcess.swift",
            "The array has two ends of a pipe.",
            #"""
            close(ends[0])
            close(ends[1])
            pipe = ends[0]
            """#),
        TrapException(
            "Shared/Data/Jobs/JobClaim.swift",
            "The initialiser reads a text, and gives nil for one that is no number.",
            #"""
            let jobID = Identifier(String(words[1])), let number = Int(words[2])
            """#),
        TrapException(
            "Shared/Data/Jobs/JobProcesses.swift",
            "There is an entry for each child, and the indices are those of the children, from the last on.",
            #"""
            for index in children.indices.reversed() where entries[index].revents != 0 {
            ended(children.remove(at: index))
            """#),
        TrapException(
            "Shared/Product/Export/CSVWriter.swift",
            "The text is what stands at the end.",
            #"""
            bytes.removeLast(text.count)
            """#),
        TrapException(
            "Shared/Base/Archive/Deflater.swift",
            "zlib refuses these constants only when there is no memory; what it gets at once is far below 4 GiB.",
            #"""
            precondition(code == Z_OK, "zlib has no memory")
            stream.pointee.avail_out = UInt32(buffer.count)
            """#),
        TrapException(
            "Shared/Product/Export/Workbook.swift",
            "The index is that of a column which the sheet was begun with.",
            #"""
            switch columns[index].kind {
            xml.append(contentsOf: columns[index].letters)
            """#),
        TrapException(
            "Shared/Product/Export/WorkspaceExport.swift",
            "The place is where the column was found.",
            #"""
            if let place { csv.field(row, place, columns[place].kind) } else { csv.empty() }
            """#),
        TrapException(
            "Shared/Product/Export/XMLText.swift",
            "No more is removed than stands behind the beginning of the text.",
            #"""
            bytes.removeLast(max(0, bytes.count - start))
            """#),
        TrapException(
            "Shared/Base/Archive/ZIPWriter.swift",
            "A checksum is not negative.",
            #"""
            append(UInt64(entry.checksum), bytes: 4)
            """#),
        TrapException(
            "Shared/Base/FastCGI/Record.swift",
            "The first line makes sure of eight bytes.",
            #"""
            contentLength = Int(bytes[4]) << 8 | Int(bytes[5])
            guard bytes.count >= Self.length, bytes[0] == 1 else { return nil }
            paddingLength = Int(bytes[6])
            requestID = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            type = bytes[1]
            """#),
        TrapException(
            "Shared/Product/Findings/Finding.swift",
            "There are five severities, and at least one is asked for.",
            #"""
            [ranks.min() ?? 0, ranks.max() ?? 0, ranks[1], ranks[2], ranks[3]] + (category.map { [$0] } ?? [])
            let ranks = Severity.allCases.map { asked.contains($0) ? $0.rank : asked[0].rank }
            """#),
        TrapException(
            "Shared/Runtime/Invocation/FastCGI/FastCGIRecords.swift",
            "`fill` has made sure of so many unread bytes, which lie within the buffer.",
            #"""
            buffer.replaceSubrange(0..<unread.count, with: Array(buffer[unread]))
            try descriptor.read(into: .init(rebasing: $0[unread.upperBound...]))
            unread.removeFirst(RecordHeader.length)
            unread.removeFirst(header.contentLength + header.paddingLength)
            """#),
        TrapException(
            "Shared/Runtime/Invocation/Lambda/RuntimeAPIClient.swift",
            "The number in a text, of which none refuses the address.",
            #"""
            guard parts.count <= 2, let name = parts.first, let port = parts.count == 2 ? UInt16(parts[1]) : 80,
            """#),
        TrapException(
            "Shared/Product/Remediation/ActionRun.swift",
            "The index is that of a step of this run.",
            #"""
            if !mayHaveBeenDone { steps[index].status = .pending }
            let step = steps[index]
            steps[index].error = error
            steps[index].result = result
            steps[index].status = .running
            steps[index].status = status
            switch try connector.outcome(of: steps[index].action, on: target) {
            """#),
        TrapException(
            "Shared/Data/Store/PostgreSQL/PostgreSQLDatabase.swift",
            "The connection throws unless there is a result for each command.",
            #"""
            results.remove(at: queries.count)
            results.removeFirst()
            """#),
        TrapException(
            "Shared/Data/Store/PostgreSQL/PostgreSQLMigrations.swift",
            "The text is the schema's own.",
            #"""
            if end == endIndex || !(self[end].isLetter || self[end].isNumber || self[end] == "_") {
            if self[start...].hasPrefix(word) {
            let end = index(start, offsetBy: word.count)
            let name = "\(SchemaNames.schema).\(words[open - 1])"
            rest = rest[found.upperBound...]
            result += rest[..<found.lowerBound] + replacement
            start = index(after: start)
            """#),
        TrapException(
            "Shared/Data/Store/PostgreSQL/PostgreSQLResult.swift",
            "At most 16 bytes make at most the 36 characters that there is room for.",
            #"""
            text[end + 1] = Hex.lowerDigit(byte)
            text[end] = Hex.lowerDigit(byte >> 4)
            text[end] = UInt8(ascii: "-")
            """#),
        TrapException(
            "Shared/Platforms/Sync/Staging.swift",
            "Each table has a kind of its own.",
            #"""
            uniqueKeysWithValues: InventoryTable.all.map { table -> (StagedRecord.Kind, SQL) in
            """#),
        TrapException(
            "Shared/Platforms/Upstream/ProviderDates.swift",
            "The date is the first 16 bytes, and the digits are two or four: the lines before make sure of both.",
            #"""
            if date[10] == UInt8(ascii: " ") { date[10] = UInt8(ascii: "T") }
            let hours = digits[0] * 10 + digits[1]
            """#),
        TrapException(
            "Shared/Platforms/Upstream/UpstreamClient.swift",
            "The loop goes through the list backwards.",
            #"""
            waiting.remove(at: index)
            """#),
        TrapException(
            "local-runner/Commands/Watcher.swift",
            "The arguments are a literal.",
            #"""
            how.path = UnsafePointer(arguments[0])
            """#),
        TrapException(
            "local-runner/Configuration/CronExpression.swift",
            "A moment's description begins with a date of three numbers.",
            #"""
            (year, month, day) = (fields[0], fields[1], fields[2])
            """#),
        TrapException(
            "local-runner/Configuration/CronField.swift",
            "The number in a text of digits; none is the caller's to refuse.",
            #"""
            return Int(text)
            """#),
        TrapException(
            "Shared/Base/Base/NearestWord.swift",
            "The indices are those of the words' own letters, and each row has one more.",
            #"""
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
            least = min(least, rows[row - 1][column - 1] + 1)
            least = min(least, rows[row][column] + (byte == other ? 0 : 1))
            return rows[left.count][right.count]
            var least = min(rows[row][column + 1] + 1, next[column] + 1)
            """#),
        TrapException(
            "local-runner/Dispatch/FunctionPool.swift",
            "The number of processors; the index was compared with the count.",
            #"""
            let next = waiting.remove(at: index)
            private static let concurrencyTarget = 2 * max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            """#),
        TrapException(
            "local-runner/Dispatch/FunctionProgram.swift",
            "The path and the name stand in front.",
            #"""
            let program = pointers[0]
            let vectors = [pointers[1], nil] + pointers.dropFirst(2) + [nil]
            """#),
        TrapException(
            "local-runner/Dispatch/Parameters.swift",
            "The index is that of a field of this head, or of a byte of two texts of one length.",
            #"""
            for index in 0..<left.count where ASCII.lowercased(left[index]) != ASCII.lowercased(right[index]) {
            let field = fields[index]
            """#),
        TrapException(
            "Shared/Base/HTTP/ASCII.swift",
            "The first line makes sure of the same length.",
            #"""
            for index in 0..<count where ASCII.lowercased(self[index]) != text.utf8Start[index] { return false }
            """#),
        TrapException(
            "local-runner/Server/EventLoop.swift",
            "A registration holds the index of its slot, slots are never removed, and the kernel hands back what it was given.",
            #"""
            event.data.u64 = UInt64(registration.generation) << 32 | UInt64(slot)
            for index in 0..<max(0, Int(count)) {
            guard slots[slot].generation == UInt32(key >> 32), let handler = slots[slot].handler else {
            handler.handle(Readiness(bits: events[index].events))
            let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), timeout)
            let key = events[index].data.u64
            let registration = Registration(slot: slot, generation: slots[slot].generation)
            let slot = Int(key & 0xFFFF_FFFF)
            slots[slot].handler = handler
            """#),
        TrapException(
            "local-runner/Server/OutputBuffer.swift",
            "No more was sent than there was.",
            #"""
            bytes.removeSubrange(..<sent)
            """#),
        TrapException(
            "local-runner/Server/RequestID.swift",
            "The bytes are taken by sixteens, and 4,096 are as many of them as fit.",
            #"""
            var byte = random[used + index]
            """#),
        TrapException(
            "Shared/Base/HTTP/FieldLine.swift",
            "The position stays before the end of a line that was found in these bytes.",
            #"""
            while position < line.end, ASCII.isToken(bytes[position]) { position += 1 }
            """#),
        TrapException(
            "local-runner/Server/RequestParser.swift",
            "The position stays before the end of a line that was found in these bytes.",
            #"""
            guard bytes[position] > 0x20, bytes[position] < 0x7F, bytes[position] != UInt8(ascii: "#") else {
            while position < line.end, ASCII.isToken(bytes[position]) { position += 1 }
            while position < line.end, bytes[position] != ASCII.space {
            """#),
        TrapException(
            "local-runner/Server/RequestTarget.swift",
            "The place is an extent, which is taken as far as it exists.",
            #"""
            guard let scheme = Self.schemeLength(bytes[place]) else { return nil }
            if bytes[place].equals("*"), method.isExactly("OPTIONS") {
            """#),
        TrapException(
            "local-runner/Server/LocalHandler.swift",
            "There is a status for each trigger.",
            #"""
            statuses[index] = status
            """#),
        TrapException(
            "local-runner/Dispatch/FunctionProcess.swift",
            "The array has two ends of a pipe.",
            #"""
            ends[0], loop: loop, memory: loop.logScratch, bytesAtOnce: 16 << 10,
            """#),
        TrapException(
            "local-runner/Dispatch/Template.swift",
            "The array has two ends of a pipe.",
            #"""
            let reports = PipeReader(ends[0], loop: pool.loop) { [weak self] bytes in
            csystem_set_nonblocking(ends[0])
            """#),
        TrapException(
            "local-runner/Server/Server.swift",
            "The index was compared with the count.",
            #"""
            connections.removeLast()
            connections.swapAt(index, connections.count - 1)
            """#),
        TrapException(
            "local-runner/Server/Timers.swift",
            "The indices of a heap, compared with its count.",
            #"""
            heap.swapAt(child, (child - 1) / 2)
            heap.swapAt(parent, least)
            heap[0] = last
            where child < heap.count && heap[child].due < heap[least].due {
            while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            """#),
    ]
}
